import { assert, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import * as fc from "fast-check"
import { join } from "node:path"
import { anyJob } from "../../store/copy/anyJob.ts"
import { fileWith, jobsOn, withValues } from "../../store/copy/onSqlite.ts"
import { temporaryFolder } from "../../store/sqlite/temporaryFolder.ts"
import { freshDatabase } from "../freshDatabase.ts"
import { copyUrls, jobsOnPostgres } from "./onPostgres.ts"

it.live("any jobs are the same as values after a copy to PostgreSQL and back", () =>
  Effect.promise(() =>
    fc.assert(
      fc.asyncProperty(fc.uniqueArray(anyJob, { selector: ({ id }) => id, minLength: 20, maxLength: 60 }), (jobs) =>
        Effect.gen(function*() {
          const folder = yield* temporaryFolder
          const server = yield* freshDatabase
          const [there, back] = [join(folder, "a.db"), join(folder, "b.db")]
          yield* fileWith(there, jobs)
          const url = Redacted.value(server)
          const to = yield* copyUrls(`sqlite:${there}`, url)
          const from = yield* copyUrls(url, `sqlite:${back}`)
          const expected = jobs.toSorted((one, other) => String(one["id"]) < String(other["id"]) ? -1 : 1).map(
            withValues
          )
          assert.deepStrictEqual(yield* jobsOnPostgres(server), expected)
          assert.deepStrictEqual(yield* jobsOn(back), expected)
          assert.deepStrictEqual(from.tables, to.tables)
        }).pipe(Effect.scoped, Effect.runPromise)),
      { numRuns: 6 }
    )
  ))
