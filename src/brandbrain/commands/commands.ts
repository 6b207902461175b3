import * as Command from "@effect/cli/Command"
import type { Layer } from "effect"
import { brandCommands } from "./brandCommands.ts"
import { compileCommands } from "./compileCommands.ts"

/**
 * The commands of `pnpm brandbrain`.
 *
 * `database` creates a missing database. The commands that are useless on an empty one take `existing`, which fails
 * instead.
 */
export const commandsOn = <A, E1, E2, R1, R2>(
  database: Layer.Layer<A, E1, R1>,
  existing: Layer.Layer<A, E2, R2>
) => {
  const { add, answer, evidence, source } = brandCommands
  const { compile, report, seed, snapshot, status } = compileCommands
  return [
    Command.provide(seed, database),
    Command.provide(add, database),
    Command.provide(answer, existing),
    Command.provide(source, existing),
    Command.provide(compile, existing),
    Command.provide(status, existing),
    Command.provide(snapshot, existing),
    Command.provide(evidence, existing),
    Command.provide(report, existing)
  ] as const
}
