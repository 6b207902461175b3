import { Context, Schema } from "effect"
import type { Effect } from "effect"
import type { StorageError } from "../storage/StorageError.ts"
import type { Answers } from "./answers.ts"
import type { Overrides, OverridesPatch, UnknownPath } from "./Overrides.ts"

/** No brand has this id. */
export class BrandNotFound extends Schema.TaggedError<BrandNotFound>()("BrandNotFound", { brandId: Schema.String }) {
  override get message() {
    return `There is no brand ${this.brandId}`
  }
}

/** The answers don't fit the questions. Nothing was saved. */
export class InvalidAnswers extends Schema.TaggedError<InvalidAnswers>()("InvalidAnswers", {
  /** One for each problem, with its path. */
  problems: Schema.Array(Schema.String)
}) {
  override get message() {
    return `The answers are not valid: ${this.problems.join("; ")}`
  }
}

/** The tenant of every brand on a machine that serves only one tenant. */
export const defaultTenant = "default"

/** A brand in a list. */
export const BrandSummary = Schema.Struct({ id: Schema.String, name: Schema.String, created_at: Schema.Int })
export type BrandSummary = typeof BrandSummary.Type

/** A brand with its answers and overrides. */
export interface BrandProfile {
  readonly id: string
  readonly tenantId: string
  readonly name: string
  readonly answers: Answers
  readonly overrides: Overrides
}

/** Brands, their answers and their overrides. */
export class Brands extends Context.Tag("holdfast/brandbrain/Brands")<Brands, {
  /** Adds the brand. An existing one stays as it is. */
  readonly add: (brand: {
    readonly id: string
    readonly tenantId: string
    readonly name: string
  }) => Effect.Effect<void, StorageError>
  /** The tenant's brands, oldest first. */
  readonly listByTenant: (tenantId: string) => Effect.Effect<ReadonlyArray<BrandSummary>, StorageError>
  /** The tenant's brand. Another tenant's brand is not found. */
  readonly find: (tenantId: string, brandId: string) => Effect.Effect<BrandSummary, BrandNotFound | StorageError>
  /** Replaces all of the answers. Takes and checks any value. */
  readonly saveAnswers: (
    brandId: string,
    answers: unknown
  ) => Effect.Effect<Answers, BrandNotFound | InvalidAnswers | StorageError>
  /**
   * Changes the answers to these questions only, and returns all of the answers. Takes and checks any value.
   *
   * One transaction reads and writes them, so that two changes at the same time are both kept.
   */
  readonly changeAnswers: (
    brandId: string,
    answers: Readonly<Record<string, unknown>>
  ) => Effect.Effect<Answers, BrandNotFound | InvalidAnswers | StorageError>
  /** The brand's overrides. `updated_at` is null if they were never changed. */
  readonly overrides: (
    brandId: string
  ) => Effect.Effect<Overrides & { readonly updated_at: number | null }, StorageError>
  /** Changes the overrides, and returns all of them. */
  readonly patchOverrides: (
    brandId: string,
    patch: OverridesPatch
  ) => Effect.Effect<Overrides, BrandNotFound | UnknownPath | StorageError>
  readonly hasAny: Effect.Effect<boolean, StorageError>
  /** The brand with its answers and overrides, read in one statement. */
  readonly profile: (brandId: string) => Effect.Effect<BrandProfile, BrandNotFound | StorageError>
}>() {}
