import { Context, Schema } from "effect"
import type { Effect } from "effect"
import { Capability } from "../config/capability.ts"
import type { StorageError } from "../storage/StorageError.ts"
import type { InvalidIdentifier } from "./normaliseIdentifier.ts"
import type { Connection, Source } from "./Source.ts"

/** No capability has this name. Nothing was saved. */
export class UnknownCapability extends Schema.TaggedError<UnknownCapability>()("UnknownCapability", {
  value: Schema.String,
  allowed: Schema.Array(Capability)
}) {
  override get message() {
    return `${JSON.stringify(this.value)} is not a capability; use one of ${this.allowed.join(", ")}`
  }
}

/** The brand has no such source. Another brand's source, or a removed one, counts as missing. */
export class SourceNotFound extends Schema.TaggedError<SourceNotFound>()("SourceNotFound", {
  brandId: Schema.String,
  sourceId: Schema.String
}) {
  override get message() {
    return `Brand ${this.brandId} has no source ${this.sourceId}`
  }
}

/** Only a web site takes start pages, and this source is not one. Nothing was saved. */
export class NoStartUrls extends Schema.TaggedError<NoStartUrls>()("NoStartUrls", { capability: Capability }) {
  override get message() {
    return `${this.capability} takes no start pages; only web.crawl_pages does`
  }
}

/** The settings of a source. A setting that is left out stays as it is. */
export interface SourceSettings {
  readonly extraStartUrls?: ReadonlyArray<string>
  readonly enabled?: boolean
}

/** The accounts and web sites that brands have connected. */
export class Sources extends Context.Tag("holdfast/brandbrain/Sources")<Sources, {
  /**
   * Connects an account or web site, enabled unless the settings say otherwise.
   *
   * An account that is already connected, under any spelling, stays one source and takes the settings given.
   */
  readonly connect: (
    brandId: string,
    source: SourceSettings & {
      /** A capability's name. Checked here, as it comes from outside. */
      readonly source: string
      readonly identifier: string
    }
  ) => Effect.Effect<
    Connection & { readonly isNew: boolean },
    UnknownCapability | InvalidIdentifier | NoStartUrls | StorageError
  >
  /** The brand's sources, sorted by capability and identifier. */
  readonly list: (brandId: string) => Effect.Effect<ReadonlyArray<Connection>, StorageError>
  /** The brand's enabled sources, sorted by capability and identifier. */
  readonly listEnabled: (brandId: string) => Effect.Effect<ReadonlyArray<Source>, StorageError>
  readonly update: (
    brandId: string,
    sourceId: string,
    settings: SourceSettings
  ) => Effect.Effect<Connection, SourceNotFound | InvalidIdentifier | NoStartUrls | StorageError>
  /** Removes the source. Its evidence stays, as snapshots refer to it. */
  readonly remove: (brandId: string, sourceId: string) => Effect.Effect<void, SourceNotFound | StorageError>
}>() {}
