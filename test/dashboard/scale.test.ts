import { Effect } from "effect"
import type { Page } from "playwright-core"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { JobQueue } from "../../src/index.ts"
import { insertFailed } from "../program/operate/manyJobs.ts"
import { eventually, go, visit } from "./browser.ts"
import type { Site } from "./site.ts"
import { openSite, Welcome } from "./site.ts"

let site: Site

beforeAll(async () => {
  site = await openSite()
  await site.run(JobQueue.enqueueMany(
    Welcome,
    Array.from({ length: 5000 }, (_, index) => ({ payload: { user: `user-${index}` }, delay: "2 hours" as const }))
  ))
})

afterAll(() => site.close())

/** Tells the page that its tab is hidden, or shown again. */
const setHidden = (page: Page, hidden: boolean) =>
  page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden })
    document.dispatchEvent(new Event("visibilitychange"))
  }, hidden)

describe("a search that finds nothing in many rows", () => {
  it("ends after twenty pages, and goes on when somebody asks", async () => {
    const own = await openSite()
    try {
      own.sql((database) => insertFailed(database, 21_000))
      await visit(own, { view: "jobs" }, async ({ page }) => {
        await go(page, "jobs?status=failed&error=rare")
        await page.getByText("No job found so far").waitFor({ timeout: 30_000 })
        await page.getByRole("button", { name: "Look further" }).click()
        await page.getByText("1 job, and no more.").waitFor()
      })
    } finally {
      await own.close()
    }
  })
})

describe("a list of 5,000 jobs", () => {
  it(
    "is scrolled from the first to the last with at most 200 rows in the document",
    () =>
      visit(site, { view: "jobs" }, async ({ complaints, page }) => {
        const rows = page.locator("[role=row]")
        await page.getByText("100 jobs loaded; scroll for more.").waitFor()
        const seen = new Set<string>()
        let most = 0
        await eventually("the end is reached", async () => {
          await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight))
          const ids = await rows.evaluateAll((all) => all.map((row) => row.getAttribute("data-id") ?? ""))
          most = Math.max(most, ids.length)
          for (const id of ids) seen.add(id)
          return await page.getByText("5,000 jobs, and no more.").count() === 1
        }, 50_000)
        assert.isAtMost(most, 200)
        await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight))
        const oldest = (await site.run(JobQueue.list({ limit: 1 }))).jobs[0]?.id ?? ""
        const place = () => rows.last().getAttribute("aria-rowindex")
        await eventually("the last row is shown", async () => await place() === "5001")
        // The first of all is where it was.
        await page.evaluate(() => window.scrollTo(0, 0))
        await page.locator(`[data-id="${oldest}"]`).waitFor()
        assert.isAtMost(await rows.count(), 200)
        // What is shown is still live, in the middle too.
        await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight / 2))
        await eventually("the middle is shown", async () => Number(await place()) > 2400)
        const id = await rows.nth(30).getAttribute("data-id") ?? ""
        await site.run(JobQueue.cancel(id))
        await page.locator(`[data-id="${id}"]`).getByText("cancelled").waitFor({ timeout: 4000 })
        await site.run(JobQueue.retry(id))
        assert.deepStrictEqual(complaints, [])
      }),
    120_000
  )

  it("shows a new job at its head, and keeps its place where the reader is further down", () =>
    visit(site, { view: "jobs" }, async ({ page }) => {
      await page.getByText("100 jobs loaded").waitFor()
      const { id } = await site.run(JobQueue.enqueue(Welcome, { user: "newest" }, { delay: "2 hours" }))
      await page.locator(`[data-id="${id}"][aria-rowindex="2"]`).waitFor({ timeout: 4000 })
      await site.run(JobQueue.delete(id))
      await page.locator(`[data-id="${id}"]`).waitFor({ state: "detached" })
    }))
})

describe("a page that is left open", () => {
  it("looks at the queues at most once a second while they change, and less often when they do not", () =>
    visit(site, {}, async ({ page }) => {
      await page.locator(".live-live").waitFor()
      await page.getByText("Over time").waitFor()
      const stats = () => site.requests().filter((request) => request === "GET stats").length
      stats()
      const busy = Date.now()
      while (Date.now() - busy < 5000) {
        const { id } = await site.run(JobQueue.enqueue(Welcome, { user: "busy" }, { delay: "2 hours" }))
        await site.run(JobQueue.delete(id))
      }
      const lookedBusy = stats()
      assert.isAtMost(lookedBusy, (Date.now() - busy) / 1000 + 1)
      assert.isAtLeast(lookedBusy, 2)
      await page.waitForTimeout(6000)
      stats()
      await page.waitForTimeout(6500)
      assert.isAtMost(stats(), 3)
    }))

  it("asks for nothing while its tab is hidden, and is up to date when it is shown", () =>
    visit(site, {}, async ({ page }) => {
      await page.locator(".live-live").waitFor()
      await page.getByText("Over time").waitFor()
      await setHidden(page, true)
      // What was asked before is answered.
      await page.waitForTimeout(500)
      site.requests()
      const { id } = await site.run(
        JobQueue.enqueue(Welcome, { user: "unseen" }, { delay: "2 hours", queue: "unseen" })
      )
      await page.waitForTimeout(4000)
      assert.deepStrictEqual(site.requests(), [])
      await setHidden(page, false)
      await page.getByRole("row", { name: /^unseen/ }).waitFor()
      await page.locator(".live-live").waitFor()
      assert.include(site.requests(), "GET events")
      await site.run(JobQueue.delete(id))
    }))

  it("asks for the figures of the last hour only every ten seconds", () =>
    visit(site, {}, async ({ page }) => {
      await page.getByText("Over time").waitFor()
      await page.waitForTimeout(1000)
      site.requests()
      await page.waitForTimeout(8000)
      assert.isAtMost(site.requests().filter((request) => request === "GET history").length, 1)
    }))
})

describe("a connection that is cut", () => {
  it("is told by a banner, is made again by itself, and no event between is lost", () =>
    visit(site, { view: "trouble" }, async ({ page }) => {
      await page.locator(".live-live").waitFor()
      site.cut()
      const banner = page.locator(".banner")
      await banner.getByText("The server does not answer").waitFor()
      assert.include(await banner.innerText(), "What you see is as it was then.")
      await page.locator(".live-cut").waitFor()
      // Meanwhile a lease runs out and is freed.
      await site.run(Effect.gen(function*() {
        const { id } = yield* JobQueue.enqueue(Welcome, { user: "rescued" }, { priority: 9 })
        yield* JobQueue.claim({ jobs: [Welcome], leaseFor: "1 milli", worker: "gone" })
        yield* Effect.sleep("20 millis")
        yield* JobQueue.releaseStale
        yield* JobQueue.cancel(id)
        yield* JobQueue.delete(id)
      }))
      site.mend()
      await banner.waitFor({ state: "detached" })
      await page.locator(".live-live").waitFor()
      await page.locator(".trouble").getByText("gone").waitFor()
      assert.strictEqual(await page.getByText("Some events passed").count(), 0)
    }))

  it("says that there is nothing to see before the first answer, and what to do", () =>
    visit(site, {}, async ({ page }) => {
      await page.getByText("Over time").waitFor()
      site.cut()
      try {
        await go(page, "jobs?status=failed")
        await page.getByText("This could not be loaded").waitFor()
        assert.include(await page.locator(".state").innerText(), "Check that its process runs.")
      } finally {
        site.mend()
      }
      await page.getByText("No job fits this filter").waitFor()
    }))

  it("of the feed alone leaves the numbers, which are looked up now and then", async () => {
    const own = await openSite({ eventClients: 1 })
    try {
      await visit(own, {}, (first) =>
        visit(own, {}, async ({ page }) => {
          await first.page.locator(".live-live").waitFor()
          await page.locator(".banner").getByText("The live feed is cut").waitFor()
          const { id } = await own.run(JobQueue.enqueue(Welcome, { user: "x" }, { delay: "1 hour" }))
          await page.getByRole("row", { name: /^mail/ }).waitFor()
          await own.run(JobQueue.delete(id))
        }))
    } finally {
      await own.close()
    }
  })
})
