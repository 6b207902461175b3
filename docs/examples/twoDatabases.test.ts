import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Testing from "holdfast/testing"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { drawReport, MailQueue, ReportQueue, twoDatabases } from "./twoDatabases.ts"

const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "holdfast-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
)

it.effect("each of two databases keeps and runs its own jobs", () =>
  Effect.gen(function*() {
    const folder = yield* temporaryFolder
    yield* Effect.gen(function*() {
      const mail = yield* MailQueue
      const reports = yield* ReportQueue
      yield* drawReport
      yield* Testing.advance("5 seconds")
      assert.deepStrictEqual((yield* reports.list()).jobs.map(({ kind, status }) => `${kind} ${status}`), [
        "report.draw succeeded"
      ])
      assert.deepStrictEqual((yield* mail.list()).jobs.map(({ kind, status }) => `${kind} ${status}`), [
        "email.welcome succeeded"
      ])
    }).pipe(Effect.provide(twoDatabases(folder)))
  }).pipe(Effect.scoped))
