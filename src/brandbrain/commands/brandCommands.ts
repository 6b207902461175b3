import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect, Schema } from "effect"
import { Answers } from "../brands/answers.ts"
import { Brands, defaultTenant } from "../brands/Brands.ts"
import { Sources } from "../brands/Sources.ts"
import { Evidence } from "../evidence/Evidence.ts"
import { print } from "./print.ts"

/** The argument that names a brand. */
export const brand = Args.text({ name: "brand" }).pipe(Args.withDescription("The brand's id"))

const add = Command.make("add", {
  brand,
  name: Args.text({ name: "name" }).pipe(Args.withDescription("The brand's name"))
}, ({ brand, name }) =>
  Effect.gen(function*() {
    const brands = yield* Brands
    yield* brands.add({ id: brand, tenantId: defaultTenant, name })
    const added = yield* brands.profile(brand)
    yield* print({ brand_id: added.id, name: added.name })
  })).pipe(Command.withDescription("Add a brand; an existing one stays as it is"))

const answer = Command.make("answer", {
  brand,
  question: Args.text({ name: "question" }).pipe(
    Args.withDescription(`One of ${Object.keys(Answers.fields).join(", ")}`)
  ),
  answers: Args.text({ name: "answer" }).pipe(
    Args.atLeast(1),
    Args.withDescription("The brand's answer; several if the question asks for a list")
  )
}, ({ answers, brand, question }) =>
  Effect.gen(function*() {
    const [first] = answers
    const one = answers.length === 1 && Schema.is(Answers)({ [question]: first })
    yield* print(yield* (yield* Brands).changeAnswers(brand, { [question]: one ? first : answers }))
  })).pipe(Command.withDescription("Answer an onboarding question of a brand, and print all its answers"))

const source = Command.make("source", {
  brand,
  capability: Args.text({ name: "capability" }).pipe(
    Args.withDescription("The kind of evidence, such as instagram.posts or web.crawl_pages")
  ),
  identifier: Args.text({ name: "identifier" }).pipe(
    Args.withDescription("The account's name or address, or the web site's address")
  ),
  extraStartUrls: Options.text("extra-start-url").pipe(
    Options.withPseudoName("url"),
    Options.repeated,
    Options.withDescription(
      "A start page of a web site besides its home page; may be given twice. Without it the known pages stay"
    )
  ),
  off: Options.boolean("off").pipe(Options.withDescription("Stop gathering from it"))
}, ({ brand, capability, extraStartUrls, identifier, off }) =>
  Effect.gen(function*() {
    yield* (yield* Brands).profile(brand)
    const connected = yield* (yield* Sources).connect(brand, {
      source: capability,
      identifier,
      ...(extraStartUrls.length === 0 ? {} : { extraStartUrls }),
      enabled: !off
    })
    yield* print({
      source: connected.source,
      identifier: connected.identifier,
      extra_start_urls: connected.extraStartUrls,
      enabled: connected.enabled
    })
  })).pipe(Command.withDescription("Connect an account or web site of a brand, or change its settings"))

const evidence = Command.make("evidence", {
  brand,
  ids: Args.text({ name: "id" }).pipe(
    Args.atLeast(1),
    Args.withDescription("The id of a source of type evidence in a snapshot")
  )
}, ({ brand, ids }) =>
  Effect.gen(function*() {
    yield* (yield* Brands).profile(brand)
    const items = yield* (yield* Evidence).findByIds(brand, ids)
    const unknown = ids.filter((id) => !items.some((item) => item.id === id))
    if (unknown.length > 0) {
      yield* Effect.logWarning(`The brand has no evidence with these ids: ${unknown.join(", ")}`)
    }
    yield* print(items.map((item) => ({
      ...item,
      published_at: item.published_at === null ? null : new Date(item.published_at).toISOString()
    })))
  })).pipe(Command.withDescription("Print the posts, videos and pages behind a statement"))

/** The commands for a brand, its sources and its evidence. */
export const brandCommands = { add, answer, source, evidence }
