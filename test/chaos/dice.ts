import { Effect, Random } from "effect"

/** Draws that a seed and a name decide. One for each thing that runs beside others, so that they do not disturb each other. */
export class Dice {
  private readonly random: Random.Random

  constructor(seed: number, name: string) {
    this.random = Random.make(`${name} ${seed}`)
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return Effect.runSync(this.random.nextIntBetween(least, most + 1))
  }

  oneIn(times: number): boolean {
    return this.between(1, times) === 1
  }

  oneOf<A>(values: readonly [A, ...ReadonlyArray<A>]): A {
    return values[this.between(0, values.length - 1)] ?? values[0]
  }

  shuffled<A>(values: Iterable<A>): ReadonlyArray<A> {
    return [...Effect.runSync(this.random.shuffle(values))]
  }
}
