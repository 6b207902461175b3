import { assert, describe, it } from "vitest"
import type { JobPage, JobSummary } from "../../../src/dashboard/api/wire.ts"
import type { JobList } from "../../../src/dashboard/state/jobList.ts"
import {
  addPage,
  emptyList,
  loadShown,
  markBefore,
  nextMark,
  refreshPage
} from "../../../src/dashboard/state/jobList.ts"
import { startPoll } from "../../../src/dashboard/state/poll.ts"
import type { Route } from "../../../src/dashboard/state/router.ts"
import { addressOf, listBeforeOf, routeOf, tokenOf } from "../../../src/dashboard/state/router.ts"
import { handTimers, turns } from "./handTimers.ts"
import { job } from "./job.ts"

describe("the address", () => {
  const routes: ReadonlyArray<Route> = [
    { view: "overview", span: 60 },
    { view: "overview", span: 10 },
    {
      view: "jobs",
      filter: {
        status: undefined,
        queue: undefined,
        kind: undefined,
        partition: undefined,
        uniqueKey: undefined,
        error: undefined
      }
    },
    {
      view: "jobs",
      filter: {
        status: "failed",
        queue: "a&b=c#d",
        kind: "k/é?%",
        partition: "\u{1F600} +",
        uniqueKey: "brand:7",
        error: "100 % of \"it\""
      }
    },
    { view: "job", id: "odd id/with?all#of&it%" },
    { view: "queues", by: "kind", find: "a b" },
    { view: "queues", by: "queue", find: "" },
    { view: "workers" },
    { view: "trouble", type: "zombie" },
    { view: "trouble", type: null },
    { view: "unknown", path: "elsewhere/now" }
  ]

  it("holds all of a view", () => {
    for (const route of routes) assert.deepStrictEqual(routeOf(addressOf(route)), route, addressOf(route))
  })

  it("reads what it does not know as something it knows", () => {
    assert.deepStrictEqual(routeOf(""), { view: "overview", span: 60 })
    assert.deepStrictEqual(routeOf("#/?span=7"), { view: "overview", span: 60 })
    assert.deepStrictEqual(routeOf("#/trouble?type=constructor"), { view: "trouble", type: null })
    assert.strictEqual((routeOf("#/jobs?status=odd") as Extract<Route, { view: "jobs" }>).filter.status, undefined)
    assert.deepStrictEqual(routeOf("#/jobs/%E0%A4%A"), { view: "job", id: "%E0%A4%A" })
  })

  it("remembers the filter of the list that led to a job", () => {
    const list: Route = { view: "jobs", filter: { status: "failed" } }
    const one: Route = { view: "job", id: "a" }
    const other: Route = { view: "job", id: "b" }
    assert.deepStrictEqual(listBeforeOf({}, list, one), { status: "failed" })
    assert.deepStrictEqual(listBeforeOf({ status: "failed" }, one, other), { status: "failed" })
    assert.deepStrictEqual(listBeforeOf({ status: "failed" }, { view: "overview", span: 60 }, one), {})
    assert.deepStrictEqual(listBeforeOf({ status: "failed" }, one, { view: "overview", span: 60 }), {})
  })

  it("brings a token only as itself", () => {
    assert.strictEqual(tokenOf("#token=a%2Bb"), "a+b")
    assert.strictEqual(tokenOf("#/jobs?queue=token=x"), null)
  })
})

/** Jobs by their ids, newest first. */
const jobs = (...ids: ReadonlyArray<number>): ReadonlyArray<JobSummary> =>
  ids.map((id) => job({ id: String(id).padStart(6, "0") }))

const page = (ids: ReadonlyArray<number>, cursor: string | null): JobPage => ({ jobs: jobs(...ids), cursor })

const idsOf = (list: JobList) => list.jobs.map(({ id }) => Number(id))

describe("the list of jobs", () => {
  const loaded = addPage(addPage(emptyList, page([90, 80, 70], "c70")), page([60, 50, 40], "c40"))

  it("grows by pages, also by empty ones, and knows its end", () => {
    assert.deepStrictEqual(idsOf(loaded), [90, 80, 70, 60, 50, 40])
    assert.deepStrictEqual(nextMark(loaded), { cursor: "c40", after: "000040" })
    const further = addPage(loaded, page([], "c20"))
    assert.deepStrictEqual([idsOf(further).length, nextMark(further).cursor, further.isWhole], [6, "c20", false])
    assert.isTrue(addPage(further, page([10], null)).isWhole)
    // Those in a row, after which it goes on only when somebody asks.
    assert.deepStrictEqual(
      [loaded, further, addPage(further, page([], "c10")), addPage(further, page([10], "c5"))].map((list) =>
        list.emptyPages
      ),
      [0, 1, 2, 0]
    )
  })

  it("knows where the page of a job begins", () => {
    assert.deepStrictEqual([0, 2, 3, 5].map((place) => markBefore(loaded, place).cursor), [null, null, "c70", "c70"])
  })

  it("takes in new jobs, changes and deletions of a page that is loaded again", () => {
    const again = refreshPage(loaded, { cursor: null, after: null }, page([100, 90, 70], "x70"))
    assert.deepStrictEqual(idsOf(again), [100, 90, 70, 60, 50, 40])
    assert.deepStrictEqual(nextMark(again), { cursor: "c40", after: "000040" })
    const middle = refreshPage(loaded, { cursor: "c70", after: "000070" }, page([50], "x50"))
    assert.deepStrictEqual(idsOf(middle), [90, 80, 70, 50, 40])
  })

  it("keeps the empty pages at its end, and knows its end, when its last page is loaded again", () => {
    const further = addPage(addPage(loaded, page([], "c30")), page([], "c20"))
    for (const list of [further, addPage(further, page([], null))]) {
      // A walk that begins with new jobs ends earlier.
      const again = refreshPage(list, { cursor: "c70", after: "000070" }, page([60, 50, 40], "c41"))
      assert.deepStrictEqual(idsOf(again), idsOf(list))
      assert.deepStrictEqual(
        [again.isWhole, again.emptyPages, nextMark(again)],
        [list.isWhole, list.emptyPages, nextMark(list)]
      )
      assert.deepInclude(again.marks, { cursor: "c41", after: "000040" })
    }
  })

  it("has no gap where more jobs came than a page holds", () => {
    const again = refreshPage(loaded, { cursor: null, after: null }, page([130, 120, 110], "c110"))
    assert.deepStrictEqual([idsOf(again), nextMark(again)], [[130, 120, 110], { cursor: "c110", after: "000110" }])
  })

  it("goes on behind a page that reaches beyond its end, and ends where the page says so", () => {
    const beyond = refreshPage(loaded, { cursor: "c70", after: "000070" }, page([60, 30, 20], "c20"))
    assert.deepStrictEqual([idsOf(beyond), nextMark(beyond)], [[90, 80, 70, 60, 30, 20], {
      cursor: "c20",
      after: "000020"
    }])
    const last = refreshPage(loaded, { cursor: "c70", after: "000070" }, page([60], null))
    assert.deepStrictEqual([idsOf(last), last.isWhole], [[90, 80, 70, 60], true])
  })

  it("leaves alone what an answer tells nothing about", () => {
    assert.strictEqual(refreshPage(loaded, { cursor: "c70", after: "000070" }, page([], "x")), loaded)
    assert.strictEqual(refreshPage(loaded, { cursor: "gone", after: "000065" }, page([60], "x")), loaded)
  })

  it("loads all that is shown again, over as many short and empty pages as it takes", async () => {
    const pages: Readonly<Record<string, JobPage>> = {
      first: page([95, 90], "c90"),
      c90: page([], "c85"),
      c85: page([70], "c70"),
      c70: page([60, 45], "c45"),
      c45: page([40], "c40"),
      c40: page([30], null)
    }
    const shown = async (start: number, end: number) => {
      const asked: Array<string> = []
      const again = await loadShown(loaded, { start, end }, (cursor) => {
        asked.push(cursor ?? "first")
        return Promise.resolve(pages[cursor ?? "first"] ?? page([], null))
      })
      return { asked, ids: idsOf(again.reduce((list, { mark, page }) => refreshPage(list, mark, page), loaded)) }
    }
    // The last job that is shown is 40.
    assert.deepStrictEqual(await shown(0, 60), {
      asked: ["first", "c90", "c85", "c70", "c45"],
      ids: [95, 90, 70, 60, 45, 40]
    })
    // It is 60, and what is behind it is not asked for. 50 is gone, which the page of 60 tells.
    assert.deepStrictEqual(await shown(3, 4), { asked: ["c70"], ids: [90, 80, 70, 60, 45, 40] })
  })

  it("holds what the store holds, whatever is added and deleted between the looks", () => {
    // A store with a page size of 5, changed at random but always alike.
    let seed = 7
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below
    let store = Array.from({ length: 40 }, (_, index) => (index + 1) * 10).toReversed()
    let newest = 400
    const read = (cursor: string | null): JobPage => {
      const rest = cursor === null ? store : store.filter((id) => id < Number(cursor))
      const part = rest.slice(0, 5)
      return page(part, rest.length > 5 ? String(part.at(-1)) : null)
    }
    let list = emptyList
    for (let step = 0; step < 500; step++) {
      const dice = random(4)
      if (dice === 0) store = [newest += 10].concat(store)
      else if (dice === 1 && store.length > 10) store = store.filter((_, place) => place !== random(store.length))
      else if (dice === 2 && !list.isWhole) list = addPage(list, read(nextMark(list).cursor))
      else {
        const mark = markBefore(list, random(list.jobs.length + 1))
        list = refreshPage(list, mark, read(mark.cursor))
      }
      const ids = idsOf(list)
      assert.deepStrictEqual(ids, [...new Set(ids)].sort((left, right) => right - left), `step ${step}`)
    }
    // Nothing changes any more: one look at every place makes it right.
    while (!list.isWhole) list = addPage(list, read(nextMark(list).cursor))
    for (let place = 0; place <= list.jobs.length; place++) {
      const mark = markBefore(list, place)
      list = refreshPage(list, mark, read(mark.cursor))
      while (!list.isWhole) list = addPage(list, read(nextMark(list).cursor))
    }
    assert.deepStrictEqual(idsOf(list), store)
  })
})

describe("a poll", () => {
  const poll = (answer: () => unknown = () => 1) => {
    const timers = handTimers()
    const looks: Array<number> = []
    const failures: Array<unknown> = []
    const begun = timers.now()
    const started = startPoll({
      load: () => {
        looks.push(timers.now() - begun)
        return new Promise((resolve) => resolve(answer()))
      },
      onAnswer: () => {},
      onFailure: (error) => void failures.push(error),
      isSame: (before, now) => before === now,
      least: 1000,
      most: 3000,
      afterFailure: 1000,
      timers
    })
    const pass = async (millis: number) => {
      for (let passed = 0; passed < millis; passed += 100) {
        await turns()
        timers.advance(100)
      }
      await turns()
    }
    return { started, looks, failures, pass }
  }

  it("looks less often while nothing changes", async () => {
    const { looks, pass } = poll()
    await pass(12_000)
    assert.deepStrictEqual(looks, [0, 1000, 2500, 4500, 7000, 10_000])
  })

  it("looks once a second while answers change, and never more often, however often it is nudged", async () => {
    let answers = 0
    const { looks, pass, started } = poll(() => answers++)
    for (let passed = 0; passed < 5000; passed += 100) {
      started.nudge()
      await pass(100)
    }
    assert.deepStrictEqual(looks, [0, 1000, 2000, 3000, 4000, 5000])
  })

  it("looks at once after a nudge if the last look is long ago", async () => {
    const { looks, pass, started } = poll()
    await pass(8500)
    started.nudge()
    await pass(100)
    assert.deepStrictEqual(looks.at(-1), 8500)
  })

  it("waits longer after each failure, and goes on", async () => {
    const { failures, looks, pass } = poll(() => {
      throw new Error("no")
    })
    await pass(16_000)
    assert.deepStrictEqual(looks, [0, 1000, 3000, 7000, 15_000])
    assert.lengthOf(failures, 5)
  })

  it("does nothing while it is paused, and looks when it goes on", async () => {
    const { looks, pass, started } = poll()
    await pass(500)
    started.pause()
    started.nudge()
    started.look()
    await pass(60_000)
    assert.deepStrictEqual(looks, [0])
    started.resume()
    await pass(100)
    assert.deepStrictEqual(looks, [0, 60_500])
  })
})
