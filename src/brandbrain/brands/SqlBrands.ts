import type * as SqlClient from "@effect/sql/SqlClient"
import * as SqlSchema from "@effect/sql/SqlSchema"
import { Clock, Effect, Layer, Option, ParseResult, Schema } from "effect"
import { appClient } from "../storage/appClient.ts"
import { asStorageError } from "../storage/StorageError.ts"
import { inTurnOfBrand } from "../storage/turns.ts"
import { Answers } from "./answers.ts"
import { BrandNotFound, Brands, BrandSummary, InvalidAnswers } from "./Brands.ts"
import { mergeOverrides, noOverrides, Overrides } from "./Overrides.ts"

const make = Effect.gen(function*() {
  const sql = yield* appClient

  const insert = SqlSchema.void({
    Request: Schema.Struct({ id: Schema.String, tenantId: Schema.String, name: Schema.String, now: Schema.Number }),
    execute: ({ id, name, now, tenantId }) =>
      sql`
      INSERT INTO brandbrain_brand (id, tenant_id, name, created_at)
      VALUES (${id}, ${tenantId}, ${name}, ${now})
      ON CONFLICT (id) DO NOTHING`
  })

  const selectByTenant = SqlSchema.findAll({
    Request: Schema.String,
    Result: BrandSummary,
    execute: (tenantId) =>
      sql`
      SELECT id, name, created_at FROM brandbrain_brand
      WHERE tenant_id = ${tenantId}
      ORDER BY created_at, id`
  })

  const selectInTenant = SqlSchema.findOne({
    Request: Schema.Struct({ tenantId: Schema.String, brandId: Schema.String }),
    Result: BrandSummary,
    execute: ({ brandId, tenantId }) =>
      sql`SELECT id, name, created_at FROM brandbrain_brand WHERE id = ${brandId} AND tenant_id = ${tenantId}`
  })

  const upsertAnswers = SqlSchema.void({
    Request: Schema.Struct({ brandId: Schema.String, answers: Schema.parseJson(Answers), now: Schema.Number }),
    execute: ({ answers, brandId, now }) =>
      sql`
      INSERT INTO brandbrain_onboarding (brand_id, answers, updated_at)
      VALUES (${brandId}, ${answers}, ${now})
      ON CONFLICT (brand_id) DO UPDATE SET answers = excluded.answers, updated_at = excluded.updated_at`
  })

  const upsertOverrides = SqlSchema.void({
    Request: Schema.Struct({
      brandId: Schema.String,
      overrides: ProfileRow.fields.overrides,
      pinned_paths: ProfileRow.fields.pinned_paths,
      now: Schema.Number
    }),
    execute: ({ brandId, now, overrides, pinned_paths }) =>
      sql`
      INSERT INTO brandbrain_overrides (brand_id, overrides, pinned_paths, updated_at)
      VALUES (${brandId}, ${overrides}, ${pinned_paths}, ${now})
      ON CONFLICT (brand_id) DO UPDATE SET
        overrides = excluded.overrides, pinned_paths = excluded.pinned_paths, updated_at = excluded.updated_at`
  })

  const selectOverrides = SqlSchema.findOne({
    Request: Schema.String,
    Result: Schema.Struct({
      overrides: ProfileRow.fields.overrides,
      pinned_paths: ProfileRow.fields.pinned_paths,
      updated_at: Schema.Int
    }),
    execute: (brandId) =>
      sql`SELECT overrides, pinned_paths, updated_at FROM brandbrain_overrides WHERE brand_id = ${brandId}`
  })

  const select = SqlSchema.findOne({
    Request: Schema.String,
    Result: ProfileRow,
    execute: (brandId) =>
      sql`
      SELECT b.id, b.tenant_id, b.name, COALESCE(a.answers, '{}') AS answers,
        COALESCE(o.overrides, '{}') AS overrides, COALESCE(o.pinned_paths, '[]') AS pinned_paths
      FROM brandbrain_brand b
      LEFT JOIN brandbrain_onboarding a ON a.brand_id = b.id
      LEFT JOIN brandbrain_overrides o ON o.brand_id = b.id
      WHERE b.id = ${brandId}`
  })

  const selectOne = SqlSchema.findOne({
    Request: Schema.Void,
    Result: Schema.Struct({ id: Schema.String }),
    execute: () => sql`SELECT id FROM brandbrain_brand ORDER BY id LIMIT 1`
  })

  const profile = Effect.fn("Brands.profile")(function*(brandId: string) {
    const row = yield* select(brandId)
    if (Option.isNone(row)) {
      return yield* new BrandNotFound({ brandId })
    }
    const { answers, id, name, overrides, pinned_paths, tenant_id } = row.value
    return { id, tenantId: tenant_id, name, answers, overrides: { overrides, pinned_paths } }
  }, asStorageError("Brands.profile"))

  return Brands.of({
    add: Effect.fn("Brands.add")(function*(brand) {
      yield* insert({ ...brand, now: yield* Clock.currentTimeMillis })
    }, asStorageError("Brands.add")),

    listByTenant: Effect.fn("Brands.listByTenant")(
      (tenantId) => selectByTenant(tenantId),
      asStorageError("Brands.listByTenant")
    ),

    find: Effect.fn("Brands.find")(function*(tenantId, brandId) {
      const found = yield* selectInTenant({ tenantId, brandId })
      return Option.isSome(found) ? found.value : yield* new BrandNotFound({ brandId })
    }, asStorageError("Brands.find")),

    saveAnswers: Effect.fn("Brands.saveAnswers")(function*(brandId, input) {
      const answers = yield* decodeAnswers(input)
      yield* profile(brandId).pipe(
        Effect.zipRight(Effect.flatMap(Clock.currentTimeMillis, (now) => upsertAnswers({ brandId, answers, now }))),
        inTurnOfBrand(sql, brandId)
      )
      return answers
    }, asStorageError("Brands.saveAnswers")),

    changeAnswers: Effect.fn("Brands.changeAnswers")(function*(brandId, changed) {
      const change = Effect.gen(function*() {
        const { answers: before } = yield* profile(brandId)
        const answers = yield* decodeAnswers({ ...before, ...changed })
        yield* upsertAnswers({ brandId, answers, now: yield* Clock.currentTimeMillis })
        return answers
      })
      return yield* inTurnOfBrand(sql, brandId)(change)
    }, asStorageError("Brands.changeAnswers")),

    overrides: Effect.fn("Brands.overrides")(function*(brandId) {
      const found = yield* selectOverrides(brandId)
      return Option.getOrElse(found, () => ({ ...noOverrides, updated_at: null }))
    }, asStorageError("Brands.overrides")),

    patchOverrides: Effect.fn("Brands.patchOverrides")(function*(brandId, patch) {
      const merged = Effect.gen(function*() {
        const current = yield* profile(brandId)
        const overrides = yield* mergeOverrides(current.overrides, patch)
        yield* upsertOverrides({ brandId, ...overrides, now: yield* Clock.currentTimeMillis })
        return overrides
      })
      return yield* inTurnOfBrand(sql, brandId)(merged)
    }, asStorageError("Brands.patchOverrides")),

    hasAny: Effect.map(selectOne(undefined), Option.isSome).pipe(
      asStorageError("Brands.hasAny"),
      Effect.withSpan("Brands.hasAny")
    ),

    profile
  })
})

const ProfileRow = Schema.Struct({
  id: Schema.String,
  tenant_id: Schema.String,
  name: Schema.String,
  answers: Schema.parseJson(Answers),
  overrides: Schema.parseJson(Overrides.fields.overrides),
  pinned_paths: Schema.parseJson(Overrides.fields.pinned_paths)
})

// The problems name the path and never quote an answer, since it belongs to the brand.
const decodeAnswers = (input: unknown) =>
  Schema.decodeUnknown(Answers, { errors: "all", onExcessProperty: "error" })(input).pipe(
    Effect.mapError((error) =>
      new InvalidAnswers({
        problems: ParseResult.ArrayFormatter.formatErrorSync(error).map(({ _tag, path }) =>
          _tag === "Unexpected"
            ? `${path.join(".")} is not a question; the questions are ${Object.keys(Answers.fields).join(", ")}`
            : `${path.join(".") || "the whole"} ${
              _tag === "Missing" ? "is missing" : "has the wrong type or is too long"
            }`
        )
      })
    )
  )

/** Brands in the database of `SqlClient`. The tables must be migrated. */
export const layer: Layer.Layer<Brands, never, SqlClient.SqlClient> = Layer.effect(Brands, make)
