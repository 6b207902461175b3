import { Context, Effect } from "effect"
import { randomBytes } from "node:crypto"

/** Draws what tells one claim from all others. */
export interface ClaimMarkService {
  readonly draw: Effect.Effect<string>
}

/** 128 random bits, as 32 hexadecimal digits. Replaceable, so that a simulation may draw them from its own seed. */
export class ClaimMark extends Context.Reference<ClaimMark>()("holdfast/platform/ClaimMark", {
  defaultValue: (): ClaimMarkService => makeClaimMark(randomBytes)
}) {}

/** Marks drawn from `bytes`, which must be unpredictable wherever two processes share a database. */
export const makeClaimMark = (bytes: (size: number) => Uint8Array): ClaimMarkService => ({
  draw: Effect.sync(() => Buffer.from(bytes(16)).toString("hex"))
})
