import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import { Effect } from "effect"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { Unauthorized } from "../../src/http.ts"
import { JobEvent, JobId, JobQueue } from "../../src/index.ts"
import { eventually, go, visit } from "./browser.ts"
import type { Site } from "./site.ts"
import { Charge, openSite, Report, tokens, Welcome } from "./site.ts"

let site: Site
let stopWorker: () => Promise<void>
let running = ""
let waiting = ""

beforeAll(async () => {
  site = await openSite()
  await site.run(Effect.gen(function*() {
    yield* JobQueue.enqueueMany(
      Welcome,
      Array.from({ length: 30 }, (_, index) => ({ payload: { user: `user-${index}` } }))
    )
    yield* JobQueue.enqueue(Charge, { card: "4242", cents: 1999 }, { partitionKey: "acme", uniqueKey: "order-7" })
    running = (yield* JobQueue.enqueue(Report, { month: "2026-10" })).id
    waiting = (yield* JobQueue.enqueue(Welcome, { user: "late" }, { delay: "2 hours", priority: 3 })).id
  }))
  stopWorker = await site.work()
  await eventually("the jobs have run", async () => {
    const { jobs } = await site.run(JobQueue.list())
    return jobs.every(({ attempts, id }) => id === waiting || attempts > 0)
      && jobs.filter(({ status }) => status === "running").length === 1
  })
})

afterAll(async () => {
  site.endReports()
  await stopWorker()
  await site.close()
})

const status = (id: string) => site.run(Effect.map(JobQueue.get(id), ({ status }) => status))

describe("the overview", () => {
  it("counts what waits, runs and ended, by queue, and draws it", () =>
    visit(site, {}, async ({ complaints, page }) => {
      const tile = (name: string) => page.locator(".tile", { hasText: name }).locator(".tile-value").innerText()
      await page.getByRole("heading", { name: "Over time" }).waitFor()
      assert.strictEqual(await page.title(), "Overview · Holdfast")
      assert.deepStrictEqual(await Promise.all(["Scheduled", "Running", "Succeeded"].map(tile)), ["2", "1", "30"])
      const mail = await page.getByRole("row", { name: /^mail/ }).innerText()
      assert.match(mail.replace(/\s+/g, " "), /^mail 0 1 0 – 30 0/)
      assert.strictEqual(await page.locator(".chart svg[role=img]").count(), 4)
      assert.match(
        await page.getByRole("img", { name: /^Depth/ }).getAttribute("aria-label") ?? "",
        /1 running, 0 due, 2 scheduled/
      )
      assert.deepStrictEqual(complaints, [])
    }))

  it("shows a job of this process within a second of its enqueue", () =>
    visit(site, {}, async ({ page }) => {
      await page.getByText("Over time").waitFor()
      await page.locator(".live-live").waitFor()
      // Looks are rare by now.
      await page.waitForTimeout(4000)
      const before = Number(await page.locator(".tile", { hasText: "Scheduled" }).locator(".tile-value").innerText())
      const { id } = await site.run(JobQueue.enqueue(Welcome, { user: "new" }, { delay: "1 hour" }))
      const enqueued = Date.now()
      await page.locator(".tile", { hasText: "Scheduled" }).getByText(String(before + 1), { exact: true }).waitFor()
      assert.isBelow(Date.now() - enqueued, 1500)
      await site.run(JobQueue.delete(id))
    }))

  it("keeps the span of its charts in the address", () =>
    visit(site, {}, async ({ page }) => {
      await page.getByRole("link", { name: "10 min" }).click()
      await page.getByRole("link", { name: "10 min" }).and(page.locator("[aria-current]")).waitFor()
      assert.isTrue(page.url().endsWith("#/?span=10"))
      await page.goBack()
      await page.getByRole("link", { name: "60 min" }).and(page.locator("[aria-current]")).waitFor()
    }))
})

describe("the workers", () => {
  it("show what each runs and claims, and link its jobs", () =>
    visit(site, {}, async ({ complaints, page }) => {
      await page.getByText("Over time").waitFor()
      await page.keyboard.press("w")
      const card = page.locator(".trouble").first()
      await card.getByText("live", { exact: true }).waitFor()
      assert.strictEqual(await page.title(), "Workers · Holdfast")
      assert.isTrue(page.url().endsWith("#/workers"))
      const text = await card.innerText()
      assert.include(text, String(process.pid))
      for (const { kind } of [Welcome, Charge, Report]) assert.include(text, kind)
      await card.getByRole("link", { name: "report.build" }).click()
      await page.getByRole("heading", { name: "Facts" }).waitFor()
      assert.include(page.url(), running)
      assert.deepStrictEqual(complaints, [])
    }))
})

describe("the list of jobs", () => {
  it("is filtered by status, queue, kind and partition, which its address has", () =>
    visit(site, { view: "jobs" }, async ({ page }) => {
      const rows = page.locator("[role=row][data-id]")
      await page.getByText("33 jobs, and no more.").waitFor()
      assert.strictEqual(await page.title(), "Jobs · Holdfast")
      await page.getByRole("link", { name: "running", exact: true }).click()
      await page.getByText("1 job, and no more.").waitFor()
      assert.include(await rows.first().innerText(), "report.build")
      await page.getByRole("link", { name: "all", exact: true }).click()
      await page.getByLabel("Queue", { exact: true }).fill("billing")
      await page.keyboard.press("Enter")
      await page.getByText("1 job, and no more.").waitFor()
      assert.include(page.url(), "queue=billing")
      await page.getByLabel("Partition", { exact: true }).fill("other")
      await page.keyboard.press("Enter")
      await page.getByText("No job fits this filter").waitFor()
      await page.getByRole("link", { name: "Show all jobs" }).click()
      await page.getByLabel("Kind", { exact: true }).fill("report.build")
      await page.keyboard.press("Enter")
      await page.getByText("1 job, and no more.").waitFor()
      await page.reload()
      await page.getByText("1 job, and no more.").waitFor()
      assert.strictEqual(await page.getByLabel("Kind", { exact: true }).inputValue(), "report.build")
      await page.getByLabel("Job id", { exact: true }).fill(waiting)
      await page.keyboard.press("Enter")
      await page.getByRole("heading", { name: "Facts" }).waitFor()
      assert.include(page.url(), waiting)
    }))

  it("shows what happens as it happens", () =>
    visit(site, { view: "jobs?status=pending&queue=mail" }, async ({ page }) => {
      await page.getByText("1 job, and no more.").waitFor()
      const { id } = await site.run(JobQueue.enqueue(Welcome, { user: "x" }, { delay: "1 hour" }))
      await page.locator(`[data-id="${id}"]`).waitFor({ timeout: 2000 })
      await site.run(JobQueue.cancel(id))
      await page.locator(`[data-id="${id}"]`).waitFor({ state: "detached", timeout: 2000 })
      await site.run(JobQueue.delete(id))
    }))

  it("is walked through by keys", () =>
    visit(site, { view: "jobs" }, async ({ page }) => {
      await page.getByText("33 jobs, and no more.").waitFor()
      const ids = await page.locator("[role=row][data-id]").evaluateAll((rows) =>
        rows.map((row) => row.getAttribute("data-id"))
      )
      const active = () => page.locator("[data-active]").getAttribute("data-id")
      const focused = () =>
        page.evaluate(() => document.activeElement?.closest("[data-id]")?.getAttribute("data-id") ?? null)
      await page.keyboard.press("j")
      assert.deepStrictEqual([await active(), await focused()], [ids[0], ids[0]])
      for (let step = 0; step < 31; step++) await page.keyboard.press("j")
      await eventually("the last but one is active", async () => await active() === ids[31])
      await page.keyboard.press("k")
      await eventually("the focus goes along", async () => await focused() === ids[30])
      assert.isTrue(
        await page.locator("[data-active]").evaluate((row) => {
          const { bottom, top } = row.getBoundingClientRect()
          return top >= 0 && bottom <= innerHeight
        })
      )
      await page.keyboard.press("x")
      await page.getByText("1 job selected").waitFor()
      await page.keyboard.press("Escape")
      await page.getByText("1 job selected").waitFor({ state: "detached" })
      await page.keyboard.press("Enter")
      await page.getByRole("heading", { name: "Timeline" }).waitFor()
      assert.include(page.url(), ids[30] ?? "none")
      // A letter in a field is a letter.
      await page.keyboard.press("/")
      await page.keyboard.type("jk?")
      assert.strictEqual(await page.locator("#search").inputValue(), "jk?")
      await page.keyboard.press("Escape")
      await page.keyboard.press("?")
      await page.getByRole("dialog", { name: "Help" }).waitFor()
      await page.keyboard.press("Escape")
      await page.getByRole("dialog").waitFor({ state: "detached" })
    }))

  it("is found by the search", () =>
    visit(site, {}, async ({ page }) => {
      await page.getByText("Over time").waitFor()
      const search = async (text: string) => {
        await page.keyboard.press("/")
        await page.keyboard.type(text)
        await page.keyboard.press("Enter")
      }
      await search("pending mail")
      await eventually("the filter is in the address", () => page.url().endsWith("#/jobs?status=pending&queue=mail"))
      await page.getByText("1 job, and no more.").waitFor()
      await search(running)
      await page.getByRole("heading", { name: "report.build" }).waitFor()
    }))
})

describe("a job", () => {
  it("that waits says why, in words", () =>
    visit(site, { view: `jobs/${waiting}` }, async ({ page }) => {
      await page.getByRole("heading", { name: "Why it is not running" }).waitFor()
      assert.match(await page.locator(".why").innerText(), /It is due in (?:1h|2h|1 hour|\d+)/)
      assert.strictEqual(await page.title(), "email.welcome pending · Holdfast")
      assert.include(await page.locator(".timeline").innerText(), "Due for attempt 1")
    }))

  it("that failed shows its attempts with their errors", async () => {
    const [charge] = (await site.run(JobQueue.list({ kind: "card.charge" }))).jobs
    await visit(site, { view: `jobs/${charge?.id}` }, async ({ page }) => {
      const timeline = page.locator(".timeline")
      await timeline.getByText("Attempt 1 failed").waitFor()
      const error = timeline.locator("summary", { hasText: "The card was refused for 1999 cents" })
      assert.isFalse(await timeline.getByText("second line").isVisible())
      await error.click()
      assert.isTrue(await timeline.getByText("second line").isVisible())
      assert.include(await page.locator(".why").innerText(), "It has failed once, of at most 2")
      assert.include(await page.locator(".facts").innerText(), "order-7")
      await page.locator(".json details > summary").first().click()
      assert.isFalse(await page.locator(".json").getByText("\"4242\"").isVisible())
      await page.locator(".json details > summary").first().click()
      await page.locator(".json").getByText("\"4242\"").waitFor()
    })
  })

  it("that runs shows its lease, its heartbeats and its progress", () =>
    visit(site, { view: `jobs/${running}` }, async ({ page }) => {
      await page.getByText("3 of 12").waitFor()
      assert.strictEqual(
        await page.locator("progress").evaluate((bar) => (bar as HTMLProgressElement).value),
        0.25
      )
      const lease = page.locator(".lease")
      assert.match(await lease.innerText(), /held[\s\S]*Fencing token\s+1[\s\S]*Ends\s+in \d+ s of 30 s/)
      await lease.getByText(/they come every \d+ ms|they come every 1 s/).waitFor()
    }))

  it("whose worker is gone says that the heartbeat is late, and then that the lease is over", async () => {
    const own = await openSite()
    try {
      const lease = { leaseFor: "5 seconds", worker: "lost-machine" } as const
      const id = await own.run(Effect.gen(function*() {
        const { id } = yield* JobQueue.enqueue(Report, { month: "2026-09" })
        yield* JobQueue.claim({ jobs: [Report], ...lease })
        return id
      }))
      await visit(own, { view: `jobs/${id}` }, async ({ page }) => {
        await page.locator(".lease-late").getByText("The heartbeat is late").waitFor()
        await page.locator(".lease-over").getByText("The lease ran out").waitFor()
        await page.locator(".why").getByText("Its lease ran out").waitFor()
        await go(page, "trouble")
        await page.getByRole("heading", { name: "Leases that are over now" }).waitFor()
        await own.run(JobQueue.releaseStale)
        const rescue = page.locator(".trouble", { hasText: "Rescue" })
        await rescue.getByText(/Its holder last extended the lease .* before, at 20.*The job is pending now\./)
          .waitFor()
        assert.include(await rescue.innerText(), "lost-machine")
        await rescue.getByRole("link", { name: "report.build" }).click()
        await page.locator(".timeline").getByText("Attempt 1 lost its worker").waitFor()
      })
    } finally {
      await own.close()
    }
  })

  it("that is not there says so, and where to go", () =>
    visit(site, { view: "jobs/01a22e9d-0000-7000-8000-000000000000" }, async ({ page }) => {
      await page.getByText("Not found").waitFor()
      await page.getByRole("link", { name: "All jobs" }).click()
      await page.getByText("33 jobs, and no more.").waitFor()
    }))
})

describe("trouble", () => {
  it("lists what no other page shows, by type, also after a reload", () =>
    visit(site, { view: "trouble" }, async ({ page }) => {
      await page.getByText("No trouble so far").waitFor()
      await page.locator(".live-live").waitFor()
      const facts = { jobId: JobId.make(running), kind: "report.build", attempt: 1, worker: "host:1:abc" }
      await site.publish(JobEvent.Zombie(facts))
      await site.publish(JobEvent.HeartbeatFailed({ ...facts, error: new Error("locked") }))
      await site.publish(JobEvent.LeftBehind(facts))
      await page.locator(".trouble").nth(2).waitFor()
      assert.strictEqual(await page.locator("header .count-bad").innerText(), "3")
      await page.getByRole("link", { name: /^Zombies/ }).click()
      await eventually("only zombies are left", async () => await page.locator(".trouble").count() === 1)
      assert.include(page.url(), "type=zombie")
      assert.include(await page.locator("main").innerText(), "It keeps its place in the worker")
      await page.reload()
      await page.locator(".trouble").getByText("The handler was told to stop and goes on").waitFor()
    }))

  it("of a worker whose lease is taken away is told with what became of its outcome", async () => {
    const own = await openSite()
    const stop = await own.work()
    try {
      await visit(own, { view: "trouble" }, async ({ page }) => {
        await page.locator(".live-live").waitFor()
        const { id } = await own.run(JobQueue.enqueue(Report, { month: "2026-08" }))
        await eventually("it runs", async () => (await own.run(JobQueue.get(id))).status === "running")
        // As another process frees it.
        own.sql((database) => {
          database.prepare("UPDATE holdfast_jobs SET locked_by = 'somebody-else' WHERE id = ?").run(id)
        })
        await page.locator(".trouble").getByText("Nothing of the outcome was written").waitFor()
      })
    } finally {
      own.endReports()
      await stop()
      await own.close()
    }
  })
})

describe("the door", () => {
  it("asks for a token, says when it is refused, and leads to the view that was asked for", () =>
    visit(site, { token: null }, async ({ page }) => {
      await page.getByLabel("Token").waitFor()
      assert.strictEqual(await page.title(), "Token · Holdfast")
      await go(page, "queues")
      await page.getByLabel("Token").fill("wrong")
      await page.getByRole("button", { name: "Open" }).click()
      await page.getByText("The server does not take this token.").waitFor()
      await page.getByLabel("Token").fill(tokens.full)
      await page.keyboard.press("Enter")
      await page.getByRole("heading", { name: "Queues and kinds" }).waitFor()
      await page.reload()
      await page.getByRole("heading", { name: "Queues and kinds" }).waitFor()
      await page.getByRole("button", { name: "Leave" }).click()
      await page.getByLabel("Token").waitFor()
      assert.strictEqual(await page.evaluate(() => sessionStorage.length), 0)
    }))

  it("takes the token out of the address, so that no history and no copy of it has it", () =>
    visit(site, {}, async ({ page }) => {
      assert.notInclude(page.url(), tokens.full)
      assert.strictEqual(await page.evaluate(() => sessionStorage.getItem("holdfast.token")), tokens.full)
      assert.isFalse(await page.evaluate(() => JSON.stringify(localStorage).includes("full-token")))
    }))
})

describe("a token that only reads", () => {
  it("shows everything and offers nothing that changes", () =>
    visit(site, { token: tokens.read, view: "jobs" }, async ({ page }) => {
      await page.getByText("33 jobs, and no more.").waitFor()
      assert.strictEqual(await page.locator("header .badge").innerText(), "read-only")
      assert.strictEqual(await page.locator("main input[type=checkbox]").count(), 0)
      await go(page, "queues")
      await page.getByRole("row", { name: /^mail/ }).waitFor()
      assert.strictEqual(await page.locator("main button").count(), 0)
      for (const id of [waiting, running]) {
        await go(page, `jobs/${id}`)
        await page.getByRole("heading", { name: "Facts" }).waitFor()
        assert.deepStrictEqual(await page.locator("main button:not(.quiet)").allInnerTexts(), [])
      }
      assert.strictEqual(await status(waiting), "pending")
    }))
})

describe("a server that hides payloads", () => {
  it("is named where they would be", async () => {
    const own = await openSite({ hidePayloads: true })
    try {
      const { id } = await own.run(JobQueue.enqueue(Welcome, { user: "secret-name" }))
      await visit(own, { view: `jobs/${id}` }, async ({ page }) => {
        await page.getByText("The server is set to hide payloads").waitFor()
        assert.notInclude(await page.content(), "secret-name")
      })
    } finally {
      await own.close()
    }
  })
})

describe("the colours", () => {
  it("follow the system until the reader chooses, and the choice is kept", () =>
    visit(site, { colours: "dark" }, async ({ page }) => {
      await page.getByText("Over time").waitFor()
      const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
      assert.strictEqual(await ground(), "rgb(20, 23, 28)")
      await page.getByRole("button", { name: /^Colours: system/ }).click()
      assert.strictEqual(await ground(), "rgb(246, 247, 249)")
      await page.reload()
      await page.getByRole("button", { name: /^Colours: light/ }).click()
      assert.strictEqual(await ground(), "rgb(20, 23, 28)")
    }))
})

describe("times", () => {
  it("are relative, and go on, with the instant for who points at them", async () => {
    const { id } = await site.run(JobQueue.enqueue(Welcome, { user: "young" }, { delay: "2 hours" }))
    await visit(site, { view: `jobs/${id}` }, async ({ page }) => {
      const time = page.locator(".facts time").first()
      await time.waitFor()
      assert.match(await time.innerText(), /^in \d h$/)
      assert.match(await time.getAttribute("title") ?? "", /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
      const created = page.locator(".facts time").nth(1)
      const before = await created.innerText()
      await eventually("time goes on", async () => await created.innerText() !== before)
    })
    await site.run(JobQueue.delete(id))
  })
})

describe("an app's own check", () => {
  it("that lets the reader in by a cookie makes the page ask for no token", async () => {
    const own = await openSite({
      authorize: Effect.flatMap(
        HttpServerRequest.HttpServerRequest,
        ({ cookies }) =>
          cookies["session"] === "ada"
            ? Effect.succeed("full" as const)
            : Effect.fail(new Unauthorized())
      )
    })
    try {
      await visit(own, { token: null }, async ({ page }) => {
        await page.getByLabel("Token").waitFor()
        await page.context().addCookies([{ name: "session", value: "ada", url: own.address }])
        await page.reload()
        await page.getByText("Over time").waitFor()
        await page.locator(".live-live").waitFor()
        await page.context().clearCookies()
        await go(page, "jobs")
        await page.getByLabel("Token").waitFor()
      })
    } finally {
      await own.close()
    }
  })
})
