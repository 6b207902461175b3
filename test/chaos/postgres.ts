import { Effect } from "effect"
import type { Scope } from "effect"
import { ownNetwork, ownServer } from "../postgres/ownServer.ts"
import type { Proxy } from "../postgres/proxy.ts"
import type { Server } from "../postgres/server.ts"
import type { Dice } from "./dice.ts"
import { monotonicNow } from "./journal.ts"
import type { Tally } from "./report.ts"
import type { Site } from "./site.ts"

/** A server of the run's own, and the network between it and the workers. */
export interface Postgres {
  readonly server: Server
  readonly network: Proxy
}

export const startPostgres: Effect.Effect<Postgres, never, Scope.Scope> = Effect.gen(function*() {
  // What a crash of the server leaves is what it has told to be committed.
  const server = yield* ownServer({ fsync: "on" })
  const network = yield* ownNetwork(server.url)
  return { server, network }
})

/** Something that goes wrong with the server or on the way to it, after which the workers go on by themselves. */
type Fault = (postgres: Postgres, site: Site, dice: Dice, tally: Tally) => Effect.Effect<string>

/** The server is gone in the midst of everything, and comes back after a while. */
const serverCrashes: Fault = ({ server }, _, dice, tally) =>
  Effect.gen(function*() {
    yield* Effect.promise(server.crash)
    yield* Effect.sleep(dice.between(0, 4_000))
    yield* Effect.promise(server.startAgain)
    tally.serverCrashes++
    return "a crash of the server"
  })

/** An operator, or a failover, ends every connection. */
const connectionsEnd: Fault = (_, site, __, tally) =>
  Effect.gen(function*() {
    yield* site.access.endConnections
    tally.connectionsEnded++
    return "the end of all connections"
  })

/** Packets are dropped, and nobody hears of it; those that there were before hear nothing afterwards either. */
const networkIsCut: Fault = ({ network }, _, dice, tally) =>
  Effect.gen(function*() {
    yield* Effect.sync(network.cut)
    yield* Effect.sleep(dice.between(500, 6_000))
    yield* Effect.sync(network.heal)
    tally.networkCuts++
    return "a network that dropped packets"
  })

/** Statements are carried out, and the connection ends before their answer. */
const answersAreLost: Fault = ({ network }, _, dice, tally) =>
  Effect.gen(function*() {
    for (let times = dice.between(2, 8); times > 0; times--) {
      const message = dice.oneOf([/COMMIT/, /UPDATE/, /INSERT INTO/])
      const how = dice.oneOf(["closed", "reset", "silently"] as const)
      const lost = yield* Effect.timeoutOption(Effect.promise(() => network.loseAnswerOf(message, how)), "2 seconds")
      if (lost._tag === "Some") tally.answersLost++
    }
    yield* Effect.sync(network.loseNone)
    return "answers that were lost"
  })

const all = [serverCrashes, connectionsEnd, networkIsCut, answersAreLost] as const

/** The faults of a run: each once in some order, and then any of them. */
export class DatabaseFaults {
  private readonly postgres: Postgres
  private readonly dice: Dice
  private readonly left: Array<Fault>

  constructor(postgres: Postgres, dice: Dice) {
    this.postgres = postgres
    this.dice = dice
    this.left = [...dice.shuffled(all)]
  }

  /** True once each was tried. */
  get wereAllTried(): boolean {
    return this.left.length === 0
  }

  /** One of them, the end of it, and everybody at work again. */
  next(site: Site, tally: Tally): Effect.Effect<void> {
    return Effect.gen(this, function*() {
      const fault = this.left.pop() ?? this.dice.oneOf(all)
      const what = yield* fault(this.postgres, site, this.dice, tally)
      yield* site.recovered(monotonicNow(), what)
      yield* site.check(what)
    })
  }
}
