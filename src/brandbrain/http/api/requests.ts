import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import { ParseResult, Schema } from "effect"
import { Answers } from "../../brands/answers.ts"
import { DraftPath } from "../../brands/DraftPath.ts"
import { Capability } from "../../config/capability.ts"
import { Segment } from "../../../web/segment.ts"

/** The requests of the API, with their keys on the wire. Bounds keep a request from filling the database. */

export const brandParam = HttpApiSchema.param("brand", Segment)
export const sourceParam = HttpApiSchema.param("source", Segment)
export const runParam = HttpApiSchema.param("run", Segment)

export const AddBrand = Schema.Struct({
  name: Schema.Trim.pipe(
    // Some characters have no width, or only turn the direction of others.
    Schema.pattern(/^(?=.*[^\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}])[^\p{Cc}\p{Cs}]{1,200}$/u, {
      message: () => "expected a name of 1 to 200 characters, on one line, that can be seen"
    })
  )
})

export const PutAnswers = Schema.Struct({ answers: Answers })

const StartUrls = Schema.Array(Schema.String).pipe(Schema.maxItems(20))

export const ConnectSource = Schema.Struct({
  source: Capability,
  identifier: Schema.String,
  extra_start_urls: Schema.optionalWith(StartUrls, { exact: true }),
  enabled: Schema.optionalWith(Schema.Boolean, { exact: true })
})

export const ChangeSource = Schema.Struct({
  extra_start_urls: Schema.optionalWith(StartUrls, { exact: true }),
  enabled: Schema.optionalWith(Schema.Boolean, { exact: true })
})

export const RequestCompile = Schema.Struct({
  force_refresh: Schema.optionalWith(Schema.Boolean, { exact: true })
})

/** Null removes a key. A member that is null changes nothing, as if left out. */
export const PatchOverrides = Schema.Struct({
  overrides_json: Schema.optionalWith(
    Schema.NullOr(Schema.partialWith(Schema.Record({ key: DraftPath, value: Schema.Unknown }), { exact: true })),
    { exact: true }
  ),
  pinned_paths: Schema.optionalWith(Schema.NullOr(Schema.Array(DraftPath)), { exact: true })
})

const wholeNumber = (least: number, most: number) =>
  Schema.transformOrFail(Schema.String, Schema.Int, {
    strict: true,
    decode: (text, _, ast) =>
      /^[+-]?\d+$/.test(text)
        ? ParseResult.succeed(Math.min(most, Math.max(least, Number(text))))
        : ParseResult.fail(new ParseResult.Type(ast, text, `expected a whole number, got ${JSON.stringify(text)}`)),
    encode: (number) => ParseResult.succeed(String(number))
  })

/** A page of the history. Values that are too small or too large are clamped. */
export const HistoryPage = Schema.Struct({
  page: Schema.optionalWith(wholeNumber(1, 1_000_000_000), { exact: true }),
  page_size: Schema.optionalWith(wholeNumber(1, 50), { exact: true })
}).annotations({ parseOptions: { errors: "all" } })

const Included = Schema.Literal("evidence", "bundle")

/** Names separated by commas, such as `evidence,bundle`. */
export const Include = Schema.Struct({
  include: Schema.optionalWith(
    Schema.transformOrFail(Schema.String, Schema.Array(Included), {
      strict: true,
      decode: (text, _, ast) => {
        const names = text.split(",").map((name) => name.trim()).filter((name) => name !== "")
        const unknown = names.filter((name) => !Schema.is(Included)(name))
        return unknown.length === 0
          ? ParseResult.succeed(names.filter(Schema.is(Included)))
          : ParseResult.fail(
            new ParseResult.Type(
              ast,
              text,
              `expected ${Included.literals.join(" or ")}, with a comma between, got ${
                unknown.map((name) => JSON.stringify(name)).join(", ")
              }`
            )
          )
      },
      encode: (names) => ParseResult.succeed(names.join(","))
    }),
    { exact: true }
  )
})
