import * as Command from "@effect/cli/Command"
import type { Layer } from "effect"
import { brandCommands } from "./brandCommands.ts"
import { compileCommands } from "./compileCommands.ts"

/**
 * The commands of `pnpm brandbrain`.
 *
 * `database` creates a missing database. The commands that are useless on an empty one take `existing`, which fails
 * instead. The commands that only read take `read`, which changes nothing, so that a look at a database does not migrate it.
 */
export const commandsOn = <A, E1, E2, E3, R1, R2, R3>(
  database: Layer.Layer<A, E1, R1>,
  existing: Layer.Layer<A, E2, R2>,
  read: Layer.Layer<A, E3, R3>
) => {
  const { add, answer, evidence, source } = brandCommands
  const { compile, report, seed, snapshot, status } = compileCommands
  return [
    Command.provide(seed, database),
    Command.provide(add, database),
    Command.provide(answer, existing),
    Command.provide(source, existing),
    Command.provide(compile, existing),
    Command.provide(status, read),
    Command.provide(snapshot, read),
    Command.provide(evidence, read),
    Command.provide(report, read)
  ] as const
}
