import { Option } from "effect"
import { inSeconds } from "../../domain/inSeconds.ts"
import type { Stall } from "../../domain/Stall.ts"

/** An error of the store as a log line shows it. `callStore` makes a StoreError, which has a text, of whatever is thrown. */
export const shown = (error: unknown): string => String(error)

/** The reason why a lease may be gone. */
export const becauseOf = (stall: Option.Option<Stall>): { readonly because?: string } =>
  Option.match(stall, {
    onNone: () => ({}),
    onSome: (stall) => ({ because: `${stood(stall)}, while these kinds ran: ${named(stall.kinds)}` })
  })

/** True if the process was not stopped: it computed for at least half of the time. */
export const wasBusy = ({ computed, millis }: Pick<Stall, "computed" | "millis">): boolean => computed >= millis / 2

/**
 * A loop that was blocked by computing used CPU time. One that used none was
 * stopped with its process or machine, or waited in a synchronous call.
 */
export const stood = ({ computed, millis }: Stall): string => {
  const span = inSeconds(millis)
  if (wasBusy({ computed, millis })) return `The event loop was blocked for ${span}`
  if (computed <= millis / 10) return `The process was stopped, or waited in a synchronous call, for ${span}`
  return `The event loop was blocked, or the process stopped, for ${span}`
}

/** The first few names of many. */
export const named = (kinds: ReadonlyArray<string>): string => {
  const [most, more] = [kinds.slice(0, 10), kinds.length - 10]
  return kinds.length === 0 ? "none" : `${most.join(", ")}${more > 0 ? ` and ${more} more` : ""}`
}
