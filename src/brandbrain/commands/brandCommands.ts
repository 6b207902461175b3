import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Console, Effect, Option, Schema } from "effect"
import { Answers } from "../brands/answers.ts"
import { Brands, defaultTenant } from "../brands/Brands.ts"
import { Evidence } from "../evidence/Evidence.ts"
import { Snapshots } from "../snapshots/Snapshots.ts"
import { Sources } from "../brands/Sources.ts"

/** The argument that names a brand. */
export const brand = Args.text({ name: "brand" }).pipe(Args.withDescription("The brand's id"))

export const print = (value: unknown) => Console.log(JSON.stringify(value, null, 2))

/** Prints the newest of what a brand has, or `none` where it has none yet. A brand that is not there is an error. */
export const printNewest = <E, R>(brand: string, newest: Effect.Effect<Option.Option<unknown>, E, R>, none: unknown) =>
  Effect.gen(function*() {
    yield* (yield* Brands).profile(brand)
    yield* print(Option.getOrElse(yield* newest, () => none))
  })

const add = Command.make("add", {
  brand,
  name: Args.text({ name: "name" }).pipe(Args.withDescription("What the brand is called"))
}, ({ brand, name }) =>
  Effect.gen(function*() {
    const brands = yield* Brands
    yield* brands.add({ id: brand, tenantId: defaultTenant, name })
    const added = yield* brands.profile(brand)
    yield* print({ brand_id: added.id, name: added.name })
  })).pipe(Command.withDescription("Add a brand; one that is there already stays as it is"))

const answer = Command.make("answer", {
  brand,
  question: Args.text({ name: "question" }).pipe(
    Args.withDescription(`One of ${Object.keys(Answers.fields).join(", ")}`)
  ),
  answers: Args.text({ name: "answer" }).pipe(
    Args.atLeast(1),
    Args.withDescription("What the brand says; several where the question asks for a list")
  )
}, ({ answers, brand, question }) =>
  Effect.gen(function*() {
    const [first] = answers
    const one = answers.length === 1 && Schema.is(Answers)({ [question]: first })
    yield* print(yield* (yield* Brands).changeAnswers(brand, { [question]: one ? first : answers }))
  })).pipe(Command.withDescription("Answer one of the questions about a brand, and print all its answers"))

const source = Command.make("source", {
  brand,
  capability: Args.text({ name: "capability" }).pipe(
    Args.withDescription("What is gathered, such as instagram.posts or web.crawl_pages")
  ),
  identifier: Args.text({ name: "identifier" }).pipe(
    Args.withDescription("The account's name or address, or that of the web site")
  ),
  extraStartUrls: Options.text("extra-start-url").pipe(
    Options.withPseudoName("url"),
    Options.repeated,
    Options.withDescription(
      "A page of a web site to start at besides its home page; may be given twice. Those given before stay where none are"
    )
  ),
  off: Options.boolean("off").pipe(Options.withDescription("Gather from it no more"))
}, ({ brand, capability, extraStartUrls, identifier, off }) =>
  Effect.gen(function*() {
    yield* (yield* Brands).profile(brand)
    const connected = yield* (yield* Sources).connect(brand, {
      source: capability,
      identifier,
      // Where none are given it keeps those it had, also when it is turned off and on again.
      ...(extraStartUrls.length === 0 ? {} : { extraStartUrls }),
      enabled: !off
    })
    yield* print({
      source: connected.source,
      identifier: connected.identifier,
      extra_start_urls: connected.extraStartUrls,
      enabled: connected.enabled
    })
  })).pipe(Command.withDescription("Connect an account or a site of a brand, or change one that is connected"))

const evidence = Command.make("evidence", {
  brand,
  ids: Args.text({ name: "id" }).pipe(
    Args.atLeast(1),
    Args.withDescription("What a statement of a snapshot names as its source of type evidence")
  )
}, ({ brand, ids }) =>
  Effect.gen(function*() {
    yield* (yield* Brands).profile(brand)
    const items = yield* (yield* Evidence).byIds(brand, ids)
    const unknown = ids.filter((id) => !items.some((item) => item.id === id))
    if (unknown.length > 0) {
      yield* Effect.logWarning(`The brand has no evidence ${unknown.join(", ")}`)
    }
    yield* print(items.map((item) => ({
      ...item,
      published_at: item.published_at === null ? null : new Date(item.published_at).toISOString()
    })))
  })).pipe(Command.withDescription("Print the posts, videos and pages behind a claim"))

const report = Command.make(
  "report",
  { brand },
  ({ brand }) =>
    printNewest(brand, Effect.flatMap(Snapshots, ({ latestReport }) => latestReport(brand)), { report: null })
).pipe(Command.withDescription("Print how the evidence of the newest snapshot is written"))

/** The commands about a brand, but for those about its compiles. */
export const brandCommands = { add, answer, source, evidence, report }
