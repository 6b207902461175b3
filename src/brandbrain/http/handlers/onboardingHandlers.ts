import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import { Effect, ParseResult, Schema } from "effect"
import { Answers, answersTo } from "../../brands/answers.ts"
import type { AnswerKey } from "../../brands/answers.ts"
import { Brands } from "../../brands/Brands.ts"
import { CurrentBrand } from "../api/access.ts"
import { Api } from "../api/api.ts"
import { InvalidAnswers } from "../api/refusals.ts"
import { orUnavailable } from "./orUnavailable.ts"
import { readBody } from "./readBody.ts"
import { refuseIssues } from "../../../web/refuseIssues.ts"

/** A brand's answers to the onboarding questions. */
export const onboardingLive = HttpApiBuilder.group(Api, "onboarding", (handlers) =>
  handlers
    .handle("get", () =>
      Effect.gen(function*() {
        const { answers } = yield* (yield* Brands).profile((yield* CurrentBrand).id)
        return { answers }
      }).pipe(Effect.catchTag("BrandNotFound", Effect.die), orUnavailable))
    .handleRaw("put", () =>
      Effect.gen(function*() {
        const { answers } = yield* readBody(AnyAnswers)
        yield* checkTypes(answers)
        yield* checkQuestions(answers)
        return { answers: yield* (yield* Brands).saveAnswers((yield* CurrentBrand).id, answers) }
      }).pipe(Effect.catchTags({ BrandNotFound: Effect.die, InvalidAnswers: Effect.die }), orUnavailable)))

/** Accepts any question, since an unknown question and a blank answer have refusals of their own. */
const AnyAnswers = Schema.Struct({ answers: Schema.Record({ key: Schema.String, value: Schema.Unknown }) })

type AnyAnswers = Readonly<Record<string, unknown>>

const isQuestion = (key: string): key is AnswerKey => Object.hasOwn(Answers.fields, key)

const checkTypes = (answers: AnyAnswers) =>
  Schema.decodeUnknown(Answers, { errors: "all" })(answers).pipe(
    Effect.mapError((error) =>
      refuseIssues(
        ParseResult.ArrayFormatter.formatErrorSync(error).map(({ message, path }) => ({
          path: ["answers", ...path],
          message
        }))
      )
    )
  )

const checkQuestions = (answers: AnyAnswers) =>
  Effect.gen(function*() {
    const given = Object.keys(answers)
    const unknown = given.filter((key) => !isQuestion(key)).map((key) => key.slice(0, 200))
    const known = yield* Schema.decodeUnknown(Answers)(answers).pipe(Effect.orDie)
    const empty = given.filter(isQuestion).filter((key) => answersTo(known, key).length === 0)
    const errors = [
      ...unknown.length === 0 ? [] : [{
        code: "UNKNOWN_QUESTION" as const,
        message: `These are not questions: ${unknown.slice(0, 20).join(", ")}. The questions are ${
          Object.keys(Answers.fields).join(", ")
        }`,
        fields: unknown
      }],
      ...empty.length === 0 ? [] : [{
        code: "EMPTY_ANSWER" as const,
        message: `These answers are blank: ${empty.join(", ")}. Leave out questions that are not answered`,
        fields: empty
      }]
    ]
    if (errors.length > 0) return yield* new InvalidAnswers({ errors })
  })
