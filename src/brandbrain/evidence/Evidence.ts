import { Context } from "effect"
import type { Effect } from "effect"
import type { Source } from "../brands/Source.ts"
import type { StorageError } from "../storage/StorageError.ts"
import type { EvidenceItem, NormalisedItem } from "./EvidenceItem.ts"

/** The evidence of every brand: each post, video and page once. */
export class Evidence extends Context.Tag("holdfast/brandbrain/Evidence")<Evidence, {
  /**
   * Saves items found at the source, and merges those that are known already (`mergeEvidence`).
   *
   * Items that are the same post count once.
   */
  readonly upsert: (
    source: Pick<Source, "brandId" | "id">,
    items: ReadonlyArray<NormalisedItem>
  ) => Effect.Effect<{ readonly created: number; readonly updated: number }, StorageError>
  /**
   * The newest and the best items of each group that these sources brought.
   *
   * `selectBundle` selects the same from these as from all the evidence, however much there is.
   */
  readonly findCandidates: (
    brandId: string,
    sourceIds: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<EvidenceItem>, StorageError>
  /** The brand's items with these ids, in that order. Ids that are unknown or another brand's are left out. */
  readonly findByIds: (
    brandId: string,
    ids: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<EvidenceItem>, StorageError>
}>() {}
