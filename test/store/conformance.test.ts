import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer } from "effect"
import { join } from "node:path"
import { JobStore } from "../../src/store/JobStore.ts"
import * as SqliteStore from "../../src/store/sqlite/SqliteStore.ts"
import { storePromises } from "../../src/testing/conformance/storePromises.ts"
import { conforms } from "./conformance.ts"
import { temporaryFolder } from "./sqlite/temporaryFolder.ts"

const inMemory = (now: Effect.Effect<number>) => SqliteStore.layer({ filename: ":memory:", now })

conforms("SQLite in memory", inMemory)

conforms("SQLite in a file", (now) =>
  Layer.unwrapScoped(
    Effect.map(temporaryFolder, (folder) => SqliteStore.layer({ filename: join(folder, "jobs.db"), now }))
  ))

type Store = typeof JobStore.Service

/** True if a store in memory keeps a promise although one of its statements is wrong. */
const keeps = (promise: string, wrong: (right: Store) => Partial<Store>) => {
  const found = storePromises((now) =>
    Layer.project(inMemory(now), JobStore, JobStore, (right) => ({ ...right, ...wrong(right) }))
  ).find(({ name }) => name === promise)
  assert(found !== undefined)
  return Effect.map(Effect.exit(found.holds), Exit.isSuccess)
}

describe("a store of which one statement is wrong", () => {
  const cases: Readonly<Record<string, (right: Store) => Partial<Store>>> = {
    "jobs are claimed by priority, then by when they are due, then by id": (right) => ({
      claim: (request) => Effect.map(right.claim(request), (jobs) => jobs.toReversed())
    }),
    "an extended lease is not stale at its first end": (right) => ({
      extend: (items) =>
        right.extend(items.map(({ lease }) => ({ lease, leaseFor: lease.lockedUntil - lease.lockedAt - 1 })))
    }),
    "finished jobs are deleted after the retention of their status, oldest first, and no others": (right) => ({
      prune: (options) => right.prune({ ...options, retention: 0 })
    }),
    "leases that are over are told, those longest over first, page by page, and nothing is written": (right) => ({
      staleLeases: ({ limit }) => right.staleLeases({ limit })
    })
  }
  for (const [promise, wrong] of Object.entries(cases)) {
    it.live(`does not keep its promise that ${promise}`, () =>
      Effect.gen(function*() {
        assert.isFalse(yield* keeps(promise, wrong))
        assert.isTrue(yield* keeps(promise, () => ({})))
      }))
  }
})
