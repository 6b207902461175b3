import type { Timers } from "../../../src/dashboard/state/poll.ts"

/** Timers whose time a test moves. */
export const handTimers = (): Timers & { readonly advance: (millis: number) => void } => {
  let now = 1_000_000
  let made = 0
  const waiting = new Map<number, { readonly at: number; readonly run: () => void }>()
  return {
    now: () => now,
    set: (run, millis) => {
      waiting.set(++made, { at: now + millis, run })
      return made
    },
    clear: (timer) => void waiting.delete(timer),
    advance: (millis) => {
      const end = now + millis
      for (;;) {
        const [next] = [...waiting].filter(([, { at }]) => at <= end).sort(([, left], [, right]) => left.at - right.at)
        if (next === undefined) break
        const [timer, { at, run }] = next
        waiting.delete(timer)
        now = Math.max(now, at)
        run()
      }
      now = end
    }
  }
}

/** Lets every promise that can go on do so. */
export const turns = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}
