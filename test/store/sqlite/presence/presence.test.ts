import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Either, Logger, Option } from "effect"
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { digestOf, placeOf } from "../../../../src/store/sqlite/presence/places.ts"
import { presenceIn } from "../../../../src/store/sqlite/presence/presenceIn.ts"
import { refuses } from "../../../../src/store/sqlite/presence/sockets.ts"
import { startProcess } from "../../../processes/startProcess.ts"
import { temporaryFolder } from "../temporaryFolder.ts"
import { timesOpen } from "../timesOpen.ts"

const worker = (n: number) => `host:${n}:${n.toString(16).padStart(32, "0")}`

/** The place of a database's workers, and two processes that look at it. */
const opened = Effect.gen(function*() {
  const database = join(yield* temporaryFolder, "jobs.db")
  const place = Either.getOrThrow(placeOf(database))
  mkdirSync(place.folder)
  const pathOf = (n: number) => Option.getOrThrow(place.pathOf(worker(n)))
  return { place, pathOf, ours: presenceIn(place), theirs: presenceIn(place) }
})

/** A process that listens on this path, as a worker does, and is killed. */
const killedOn = (path: string) =>
  Effect.gen(function*() {
    const listens = yield* startProcess(
      [
        "-e",
        `require("node:net").createServer().listen(process.argv[1], () => console.log("listens"))`,
        basename(path)
      ],
      {},
      dirname(path)
    )
    yield* listens.says("listens")
    return Effect.zipRight(listens.kill("SIGKILL"), listens.ended)
  })

describe("the presence of workers on one machine", () => {
  it.scopedLive("tells of a worker whose process was killed that it is gone, and not before", () =>
    Effect.gen(function*() {
      const { ours, pathOf } = yield* opened
      const kill = yield* killedOn(pathOf(1))
      assert.deepStrictEqual(yield* ours.gone([worker(1)]), [])
      yield* kill
      assert.deepStrictEqual(yield* ours.gone([worker(1), worker(2)]), [worker(1)])
    }))

  it.scopedLive("takes a process that is stopped for one that lives", () =>
    Effect.gen(function*() {
      const { ours, pathOf } = yield* opened
      const listens = yield* startProcess([
        "-e",
        `require("node:net").createServer().listen(process.argv[1], () => console.log("listens"))`,
        pathOf(1)
      ])
      yield* listens.says("listens")
      yield* listens.kill("SIGSTOP")
      assert.deepStrictEqual(yield* ours.gone([worker(1)]), [])
    }))

  it.scopedLive("takes a worker that ended well for neither dead nor alive, and leaves no file of it", () =>
    Effect.gen(function*() {
      const { ours, place, theirs } = yield* opened
      const hide = yield* theirs.show(worker(1))
      assert.strictEqual(readdirSync(place.folder).length, 1)
      assert.deepStrictEqual(yield* ours.gone([worker(1)]), [])
      yield* hide
      assert.deepStrictEqual(yield* ours.gone([worker(1)]), [])
      assert.deepStrictEqual(readdirSync(place.folder), [])
    }))

  it.scopedLive("takes nothing for evidence but a socket that refuses: no file, no other file, no name of another kind", () =>
    Effect.gen(function*() {
      const { ours, pathOf } = yield* opened
      writeFileSync(pathOf(1), "")
      mkdirSync(pathOf(2))
      symlinkSync("/nowhere", pathOf(3))
      const names = [worker(1), worker(2), worker(3), worker(4), "w", "hand.1", `${worker(5)}#mark`, ""]
      assert.deepStrictEqual(yield* ours.gone(names), [])
    }))

  it.scopedLive("takes nothing for evidence that was made under another boot, network or file system", () =>
    Effect.gen(function*() {
      const { pathOf, place } = yield* opened
      const here = digestOf("boot", "network", 1)
      for (
        const elsewhere of [
          digestOf("boot 2", "network", 1),
          digestOf("boot", "net", 1),
          digestOf("boot", "network", 2)
        ]
      ) {
        assert.notStrictEqual(elsewhere, here)
      }
      const [digest = ""] = basename(pathOf(1)).split(".")
      assert.isTrue(place.isHere(basename(pathOf(1))))
      assert.isFalse(place.isHere(basename(pathOf(1)).replace(digest, here)))
      yield* Effect.flatten(killedOn(pathOf(1)))
      assert.isTrue(yield* refuses(pathOf(1), place.device))
      assert.isFalse(yield* refuses(pathOf(1), place.device + 1))
    }))

  it.scopedLive("takes no other failure for a refusal, as of a worker whose socket is full", () =>
    Effect.gen(function*() {
      const { ours, pathOf } = yield* opened
      const listens = yield* startProcess([
        "-e",
        `require("node:net").createServer().listen({ path: process.argv[1], backlog: 1 }, () => console.log("listens"))`,
        pathOf(1)
      ])
      yield* listens.says("listens")
      yield* listens.kill("SIGSTOP")
      // The kernel takes a few that nobody accepts.
      const answers = yield* Effect.all(Array.from({ length: 20 }, () => ours.gone([worker(1)])), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(answers.flat(), [])
    }))

  it.scopedLive("hears at once of a worker that is killed, of one that came before it looked and of one that came later", () =>
    Effect.gen(function*() {
      const { ours, pathOf } = yield* opened
      for (const early of [true, false]) {
        const heard = yield* Deferred.make<void>()
        const listen = ours.watch(Effect.asVoid(Deferred.succeed(heard, undefined)))
        yield* Effect.scoped(Effect.gen(function*() {
          if (!early) yield* listen
          const n = early ? 1 : 2
          const kill = yield* killedOn(pathOf(n))
          if (early) yield* listen
          // It holds a connection by then, or hears by the file alone.
          yield* ours.gone([worker(n)])
          yield* kill
          yield* Deferred.await(heard)
          assert.deepStrictEqual(yield* ours.gone([worker(n)]), [worker(n)])
        }))
      }
    }))

  it.scopedLive("forgets workers that are gone and hold nothing, and those of other machines after a month", () =>
    Effect.gen(function*() {
      const { ours, pathOf, place, theirs } = yield* opened
      for (const n of [1, 2, 3, 4]) yield* Effect.flatten(killedOn(pathOf(n)))
      yield* theirs.show(worker(5))
      const [recent, old] = [join(place.folder, "0123456789ab.recent"), join(place.folder, "0123456789ab.old")]
      renameSync(pathOf(3), recent)
      renameSync(pathOf(4), old)
      utimesSync(old, 0, 0)
      const holders = { workers: new Set([worker(2)]), areAll: true }
      yield* ours.tidy(Effect.succeed({ ...holders, areAll: false }))
      assert.lengthOf(readdirSync(place.folder), 5)
      yield* ours.tidy(Effect.succeed(holders))
      assert.sameMembers(
        readdirSync(place.folder),
        [pathOf(2), pathOf(5), recent].map((path) => basename(path))
      )
    }))

  it.scopedLive("is told a few times of a worker that has died, also if whoever hears of it looks again each time", () =>
    Effect.gen(function*() {
      const { ours, pathOf, place } = yield* opened
      const kill = yield* killedOn(pathOf(1))
      let told = 0
      // A row may refuse its release, so that the socket stays.
      yield* ours.watch(Effect.zipRight(Effect.sync(() => void (told += 1)), ours.anyGone))
      yield* kill
      yield* Effect.repeat(Effect.sleep("10 millis"), { until: () => told > 0 })
      // Others are still told of.
      const killed = yield* killedOn(pathOf(2))
      const heard = told
      yield* killed
      yield* Effect.repeat(Effect.sleep("10 millis"), { until: () => told > heard })
      assert.isTrue(yield* ours.anyGone)
      yield* Effect.sleep("100 millis")
      assert.isAtMost(told, 6)
      assert.lengthOf(readdirSync(place.folder), 2)
    }))

  it.scopedLive("tells of workers in a folder whose path is longer than a socket's may be", () =>
    Effect.gen(function*() {
      const deep = join(yield* temporaryFolder, ...["a", "b", "c"].map((letter) => letter.repeat(80)))
      mkdirSync(deep, { recursive: true })
      const place = Either.getOrThrow(placeOf(join(deep, "jobs.db")))
      const [ours, theirs] = [presenceIn(place), presenceIn(place)]
      const hide = yield* theirs.show(worker(1))
      assert.lengthOf(readdirSync(place.folder), 1)
      assert.deepStrictEqual(yield* ours.gone([worker(1)]), [])
      assert.isFalse(yield* ours.anyGone)
      yield* hide
      assert.deepStrictEqual(readdirSync(place.folder), [])
      const heard = yield* Deferred.make<void>()
      const kill = yield* killedOn(Option.getOrThrow(place.pathOf(worker(2))))
      yield* ours.watch(Effect.asVoid(Deferred.succeed(heard, undefined)))
      assert.deepStrictEqual(yield* ours.gone([worker(2)]), [])
      yield* kill
      yield* Deferred.await(heard)
      assert.deepStrictEqual(yield* ours.gone([worker(2)]), [worker(2)])
    }))

  it.scopedLive("leaves no descriptor open of a socket that it has asked, listened on or held", () =>
    Effect.gen(function*() {
      const { ours, pathOf, place, theirs } = yield* opened
      yield* Effect.flatten(killedOn(pathOf(1)))
      yield* Effect.scoped(Effect.gen(function*() {
        const hide = yield* theirs.show(worker(2))
        yield* ours.watch(Effect.void)
        assert.deepStrictEqual(yield* ours.gone([worker(1), worker(2)]), [worker(1)])
        assert.isTrue(yield* ours.anyGone)
        yield* hide
      }))
      assert.deepStrictEqual(readdirSync(place.folder), [basename(pathOf(1))])
      // A connection that was let go closes in a later turn of the loop.
      yield* Effect.repeat(Effect.sleep("10 millis"), { until: () => timesOpen(place.folder) === 0 })
    }))

  it.scopedLive("knows that nothing is left of a worker while all live, end well or belong elsewhere", () =>
    Effect.gen(function*() {
      const { ours, pathOf, place, theirs } = yield* opened
      const hide = yield* theirs.show(worker(1))
      assert.isFalse(yield* ours.anyGone)
      yield* hide
      assert.isFalse(yield* ours.anyGone)
      const kill = yield* killedOn(pathOf(2))
      assert.isFalse(yield* ours.anyGone)
      yield* kill
      assert.isTrue(yield* ours.anyGone)
      renameSync(pathOf(2), join(place.folder, "0123456789ab.recent"))
      assert.isFalse(yield* ours.anyGone)
    }))

  it.scopedLive("does without where the folder cannot be made or is gone", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      assert.isTrue(Either.isLeft(placeOf(join(folder, "missing", "jobs.db"))))
      const { ours, place } = yield* opened
      rmSync(place.folder, { recursive: true })
      yield* ours.watch(Effect.void)
      yield* ours.tidy(Effect.succeed({ workers: new Set<string>(), areAll: true }))
      assert.deepStrictEqual(yield* ours.gone([worker(1)]), [])
      writeFileSync(place.folder, "")
      yield* yield* ours.show(worker(1))
    }))

  it.scopedLive("takes no socket for evidence that another user may have put there", () =>
    Effect.gen(function*() {
      const { ours, pathOf, place } = yield* opened
      yield* Effect.flatten(killedOn(pathOf(1)))
      chmodSync(place.folder, 0o777)
      assert.deepStrictEqual(yield* ours.gone([worker(1)]), [])
      yield* yield* ours.show(worker(2))
      assert.deepStrictEqual(readdirSync(place.folder), [basename(pathOf(1))])
      chmodSync(place.folder, 0o755)
      assert.deepStrictEqual(yield* ours.gone([worker(1)]), [worker(1)])
      renameSync(place.folder, `${place.folder}.moved`)
      symlinkSync(`${place.folder}.moved`, place.folder)
      assert.deepStrictEqual(yield* ours.gone([worker(1)]), [])
    }))

  it.scopedLive("holds one connection to a worker for all workers of this process, and tells one of them", () =>
    Effect.gen(function*() {
      const { ours, pathOf } = yield* opened
      const heard: Array<number> = []
      const told = yield* Deferred.make<void>()
      for (const n of [1, 2, 3]) {
        yield* ours.watch(Effect.zipRight(
          Effect.sync(() => void heard.push(n)),
          Effect.asVoid(Deferred.succeed(told, undefined))
        ))
      }
      const kill = yield* killedOn(pathOf(9))
      yield* ours.gone([worker(9)])
      yield* kill
      yield* Deferred.await(told)
      assert.deepStrictEqual([...new Set(heard)], [1])
    }))

  it.scopedLive("says at Info why a worker cannot be shown, and what that costs", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const logger = Logger.make((options) => void lines.push(Logger.logfmtLogger.log(options)))
      const { ours, place } = yield* opened
      rmSync(place.folder, { recursive: true })
      writeFileSync(place.folder, "")
      yield* Effect.provide(ours.show(worker(1)), Logger.replace(Logger.defaultLogger, logger))
      assert.lengthOf(lines, 1)
      assert.match(
        String(lines),
        /level=INFO .*wait until their leases are over.* reason="Error: EEXIST: .*jobs\.db-workers/
      )
    }))

  it.scopedLive("says on file systems that other machines may share that it does without", () =>
    Effect.sync(() => {
      // What /proc shows is no file system of a disk.
      assert.match(String(Either.flip(placeOf("/proc/self/jobs.db"))), /may be shared with other machines/)
    }))
})
