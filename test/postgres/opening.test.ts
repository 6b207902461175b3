import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Redacted } from "effect"
import { Job, JobQueue, Worker } from "holdfast"
import { PostgresStore } from "holdfast/postgres"
import { Store } from "holdfast/store"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { inspect } from "node:util"
import { generate } from "selfsigned"
import { inject } from "vitest"
import { temporaryFolder } from "../store/sqlite/temporaryFolder.ts"
import { freshDatabase } from "./freshDatabase.ts"
import { ownServer } from "./ownServer.ts"

const Double = Job.make("double")

const opened = (url: string) => Effect.scoped(Effect.exit(Layer.build(Store.fromUrl(url))))

/** All that a log, a span or a debugger shows of a failure. */
const everythingOf = (exit: Exit.Exit<unknown, unknown>) =>
  Exit.isFailure(exit)
    ? Cause.pretty(exit.cause, { renderErrorCause: true })
      + inspect(exit.cause, { depth: 20, showHidden: true, getters: true })
    : "success"

describe("Store.fromUrl on PostgreSQL", () => {
  it.live("runs jobs, whose enqueues join the transactions of its client", () =>
    Effect.gen(function*() {
      const url = yield* freshDatabase
      const app = Double.toLayer(() => Effect.void).pipe(
        Layer.provideMerge(JobQueue.layer),
        Layer.provideMerge(Store.fromUrl(url, { postgres: { maxConnections: 3, applicationName: "app" } }))
      )
      yield* Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        yield* Effect.exit(sql.withTransaction(Effect.zipRight(JobQueue.enqueue(Double), Effect.fail("undone"))))
        const { id } = yield* sql.withTransaction(JobQueue.enqueue(Double))
        yield* Worker.run({ jobs: [Double], once: true })
        assert.strictEqual((yield* JobQueue.get(id)).status, "succeeded")
        assert.strictEqual((yield* JobQueue.list()).jobs.length, 1)
        const [named] = yield* sql<{ readonly name: string }>`SELECT current_setting('application_name') AS name`
        assert.strictEqual(named?.name, "app")
      }).pipe(Effect.provide(app))
    }).pipe(Effect.scoped))
})

describe("a database that cannot be opened", () => {
  const { host, password, pathname, username } = new URL(inject("postgres"))
  const changed = (change: (url: URL) => void) => {
    const url = new URL(inject("postgres"))
    change(url)
    return url.href
  }
  for (
    const [what, url, says] of [
      ["a wrong password", `postgres://${username}:hunter2@${host}${pathname}`, /password authentication failed/],
      ["no server at the port", `postgres://me:hunter2@127.0.0.1:1/jobs`, /ECONNREFUSED/],
      ["no database of that name", changed((url) => void (url.pathname = "/hunter3")), /"hunter3" does not exist/],
      [
        "a certificate that is not there",
        changed((url) => url.searchParams.set("sslrootcert", "/no/such.crt")),
        /ENOENT.*such\.crt/
      ]
    ] as const
  ) {
    it.live(`says so, and shows no password: ${what}`, () =>
      Effect.gen(function*() {
        const exit = yield* opened(url)
        assert.isTrue(Exit.isFailure(exit))
        assert.match(everythingOf(exit), says)
        assert.notInclude(everythingOf(exit), "hunter2")
        if (password !== "") assert.notInclude(everythingOf(exit), decodeURIComponent(password))
        assert.isTrue(Exit.isFailure(exit) && Cause.isFailure(exit.cause), "a defect")
      }))
  }
})

it.live("PostgresStore.layer refuses a URL that cannot be read, in words and without its password", () =>
  Effect.gen(function*() {
    const url = Redacted.make("postgres://me:hunter2/x@host/db")
    const exit = yield* Effect.scoped(Effect.exit(Layer.build(PostgresStore.layer({ url }))))
    assert.match(everythingOf(exit), /StoreError.*a postgres: URL that cannot be read/)
    assert.notInclude(everythingOf(exit), "hunter2")
  }))

it.live("a listenUrl that is not one of a PostgreSQL server is refused, without its password", () =>
  Effect.gen(function*() {
    for (
      const [url, says] of [
        ["sqlite:hunter2.db", /listenUrl: got a URL of sqlite; expected postgres:/],
        ["postgres://me:hunter2/x@host/db", /listenUrl: got a postgres: URL that cannot be read/]
      ] as const
    ) {
      const options = { url: Redacted.make(inject("postgres")), listenUrl: Redacted.make(url) }
      const exit = yield* Effect.scoped(Effect.exit(Layer.build(PostgresStore.layer(options))))
      assert.match(everythingOf(exit), says)
      assert.notInclude(everythingOf(exit), "hunter2")
    }
  }))

describe("TLS", () => {
  it.live("is not done without where a URL asks for it", () =>
    Effect.gen(function*() {
      const server = yield* ownServer()
      assert.match(everythingOf(yield* opened(`${server.url}?sslmode=verify-full`)), /does not support SSL/)
    }).pipe(Effect.scoped))

  it.live("checks the server as the sslmode of the URL says", () =>
    Effect.gen(function*() {
      const tls = yield* Effect.promise(() =>
        generate([{ name: "commonName", value: "localhost" }], {
          extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }] }]
        })
      )
      const server = yield* ownServer({}, tls)
      const folder = yield* temporaryFolder
      const root = join(folder, "root.crt")
      writeFileSync(root, tls.cert)
      const byName = server.url.replace("127.0.0.1", "localhost")
      const usesTls = (url: string) =>
        Effect.gen(function*() {
          const sql = yield* SqlClient.SqlClient
          const [row] = yield* sql<{ readonly ssl: boolean }>`
            SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()`
          return row?.ssl
        }).pipe(Effect.provide(Store.fromUrl(url)))

      assert.strictEqual(yield* usesTls(`${byName}?sslmode=verify-full&sslrootcert=${root}`), true)
      assert.strictEqual(yield* usesTls(`${byName}?sslmode=no-verify`), true)
      assert.strictEqual(yield* usesTls(`${byName}?sslmode=disable`), false)
      // Signed by nobody whom this machine knows.
      assert.match(everythingOf(yield* opened(`${byName}?sslmode=verify-full`)), /self-signed certificate/)
      assert.match(
        everythingOf(yield* opened(`${server.url}?sslmode=verify-full&sslrootcert=${root}`)),
        /127\.0\.0\.1 is not in the cert's list|does not match certificate's altnames/
      )
    }).pipe(Effect.scoped))
})
