import { Context, Effect } from "effect"
import { InvalidOption } from "../../domain/errors.ts"
import * as Job from "../../domain/Job.ts"
import { ownContext } from "./ownContext.ts"
import type { KindSettings, WorkerSettings } from "./WorkerSettings.ts"

/** The code that runs a kind, and the kind's settings. */
export type Handlers = (kind: string) => KindSettings & { readonly handler: Job.HandlerService }

/** The handler of each kind. One that was made for another definition of its kind is refused. */
export const findHandlers = <Jobs extends ReadonlyArray<Job.Any>>(
  { kinds }: WorkerSettings<Jobs>
): Effect.Effect<Handlers, InvalidOption, Job.HandlerOf<Jobs[number]>> =>
  Effect.gen(function*() {
    const context = yield* Effect.context<never>()
    const found = new Map<string, ReturnType<Handlers>>()
    for (const [kind, { job, leaseFor, stallLimit }] of kinds) {
      const handler = Context.unsafeGet(context as Context.Context<Job.Handler<string>>, Job.handlerTag(kind))
      if (handler.job !== job) {
        return yield* new InvalidOption({
          option: "jobs",
          given: `"${kind}", whose handler was made from another definition`,
          allowed: "one definition of each kind"
        })
      }
      found.set(kind, { handler: { ...handler, services: ownContext(handler.services) }, leaseFor, stallLimit })
    }
    return (kind) => {
      const one = found.get(kind)
      if (one === undefined) throw new Error(`A job of kind "${kind}" was claimed, which was not asked for`)
      return one
    }
  })
