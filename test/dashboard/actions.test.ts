import { Effect } from "effect"
import type { Page } from "playwright-core"
import { afterAll, assert, beforeAll, beforeEach, describe, it } from "vitest"
import { JobQueue } from "../../src/index.ts"
import type { JobRecord } from "../../src/index.ts"
import { eventually, visit } from "./browser.ts"
import type { Site } from "./site.ts"
import { Charge, openSite, Report, Welcome } from "./site.ts"

let site: Site

beforeAll(async () => {
  site = await openSite()
})

afterAll(() => site.close())

const get = (id: string) => site.run(JobQueue.get(id))

const has = (id: string, isSo: (job: JobRecord) => boolean) =>
  eventually(`the job is as it should be`, async () => isSo(await get(id)))

const gone = (id: string) =>
  eventually(
    "the job is gone",
    async () => site.run(Effect.match(JobQueue.get(id), { onFailure: () => true, onSuccess: () => false }))
  )

/** A job that is due in two hours. */
const later = (user: string) => site.run(JobQueue.enqueue(Welcome, { user }, { delay: "2 hours", priority: 2 }))

/** A job that has failed for good. */
const failed = () =>
  site.run(Effect.gen(function*() {
    const { id } = yield* JobQueue.enqueue(Charge, { card: "1", cents: 5 })
    const [claimed] = yield* JobQueue.claim({ jobs: [Charge] })
    assert(claimed !== undefined)
    yield* JobQueue.fail(claimed.lease, new Error("refused"), { retry: false })
    return id
  }))

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true })

describe("the actions of a job", () => {
  it("cancel asks first, and undo makes a due job due again", async () => {
    const { id } = await site.run(JobQueue.enqueue(Welcome, { user: "cancel" }))
    await visit(site, { view: `jobs/${id}` }, async ({ page }) => {
      await button(page, "Cancel").click()
      await button(page, "Keep as it is").click()
      await page.getByRole("dialog").waitFor({ state: "detached" })
      assert.strictEqual((await get(id)).status, "pending")
      await button(page, "Cancel").click()
      await button(page, "Cancel it").click()
      await has(id, ({ status }) => status === "cancelled")
      await page.locator(".job-head").getByText("cancelled").waitFor()
      await button(page, "Undo").click()
      await has(id, (job) => job.status === "pending" && job.availableAt <= Date.now())
      await page.locator(".job-head").getByText("pending").waitFor()
    })
    await site.run(JobQueue.delete(id))
  })

  it("cancel of a job that is due later is undone without running it before its time", async () => {
    const stop = await site.work()
    try {
      const { id } = await later("cancel later")
      const { availableAt } = await get(id)
      await visit(site, { view: `jobs/${id}` }, async ({ page }) => {
        await button(page, "Cancel").click()
        await button(page, "Cancel it").click()
        await page.getByText("1 job cancelled.").waitFor()
        await button(page, "Undo").click()
        await has(id, (job) => job.status === "pending" && job.availableAt === availableAt && job.attempts === 0)
        await page.getByText("1 job restored.").waitFor()
      })
    } finally {
      await stop()
    }
  })

  it("run now makes it due, and undo puts it back", async () => {
    const { id } = await later("now")
    const { availableAt } = await get(id)
    await visit(site, { view: `jobs/${id}` }, async ({ page }) => {
      await button(page, "Run now").click()
      await has(id, (job) => job.availableAt < availableAt - 3_600_000)
      await page.locator(".why").getByText("No live worker").waitFor()
      await button(page, "Undo").click()
      await has(id, (job) => job.availableAt === availableAt)
    })
  })

  it("run now has no undo once an attempt has begun", async () => {
    const { id } = await later("now, and claimed")
    await visit(site, { view: `jobs/${id}` }, async ({ page }) => {
      await button(page, "Run now").click()
      await page.getByText("1 job due now.").waitFor()
      const [claimed] = await site.run(JobQueue.claim({ jobs: [Welcome] }))
      assert(claimed !== undefined && claimed.lease.jobId === id)
      await site.run(JobQueue.fail(claimed.lease, new Error("later")))
      const { availableAt } = await get(id)
      await button(page, "Undo").click()
      await page.getByText("An attempt of the job began since, so nothing was changed.").waitFor()
      assert.strictEqual((await get(id)).availableAt, availableAt)
    })
  })

  it("edit leaves a due time alone that changed while the dialog was open", async () => {
    const { id } = await later("edit, and moved")
    await visit(site, { view: `jobs/${id}` }, async ({ page }) => {
      await button(page, "Edit…").click()
      const moved = Date.now() + 14_300_000
      await site.run(JobQueue.edit(id, { at: moved }))
      await page.locator(".facts").getByText("in 3 h").first().waitFor()
      await page.getByLabel(/^Priority/).fill("9")
      await button(page, "Save").click()
      await has(id, ({ priority }) => priority === 9)
      assert.strictEqual((await get(id)).availableAt, moved)
    })
  })

  it("edit changes when it is due and its priority, and undo changes them back", async () => {
    const { id } = await later("edit")
    const { availableAt } = await get(id)
    await visit(site, { view: `jobs/${id}` }, async ({ page }) => {
      await button(page, "Edit…").click()
      assert.isTrue(await button(page, "Save").isDisabled())
      await page.getByLabel(/^Due at/).fill("2030-01-02T03:04:05")
      await page.getByLabel(/^Priority/).fill("1.5")
      await page.getByText("Give a date with a time, and a whole number.").waitFor()
      assert.isTrue(await button(page, "Save").isDisabled())
      await page.getByLabel(/^Priority/).fill("9")
      await button(page, "Save").click()
      await has(id, (job) => job.availableAt === Date.UTC(2030, 0, 2, 3, 4, 5) && job.priority === 9)
      await button(page, "Undo").click()
      await has(id, (job) => job.availableAt === availableAt && job.priority === 2)
      // What the server refuses is said in its words.
      await button(page, "Edit…").click()
      await page.getByLabel(/^Priority/).fill("100000")
      await button(page, "Save").click()
      await page.locator(".toast-bad").waitFor()
      assert.match(await page.locator(".toast-bad").innerText(), /priority|1000/)
      assert.strictEqual((await get(id)).priority, 2)
    })
  })

  it("retry makes a failed job due", async () => {
    const id = await failed()
    await visit(site, { view: `jobs/${id}` }, async ({ page }) => {
      await page.locator(".timeline").getByText("Failed for good").waitFor()
      assert.strictEqual(await button(page, "Cancel").count(), 0)
      await button(page, "Retry").click()
      await has(id, (job) => job.status === "pending" && job.failures === 0)
      await page.locator(".job-head").getByText("pending").waitFor()
    })
    await site.run(JobQueue.delete(id))
  })

  it("delete asks first, and leads back to the list", async () => {
    const { id } = await later("delete")
    await visit(site, { view: `jobs/${id}` }, async ({ page }) => {
      await button(page, "Delete").click()
      await page.getByText("This cannot be undone.").waitFor()
      await page.keyboard.press("Escape")
      await page.getByRole("dialog").waitFor({ state: "detached" })
      await button(page, "Delete").click()
      await button(page, "Delete it").click()
      await gone(id)
      await page.getByRole("heading", { name: "Jobs" }).waitFor()
      await page.getByText("1 job deleted.").waitFor()
    })
  })

  it("delete leads back to the list as it was filtered", async () => {
    const { id } = await later("delete of a filter")
    await visit(site, { view: "jobs?status=pending&queue=mail" }, async ({ page }) => {
      await page.locator(`[role=row][data-id="${id}"] a`).first().click()
      await button(page, "Delete").click()
      await button(page, "Delete it").click()
      await gone(id)
      await page.waitForURL(/#\/jobs\?status=pending&queue=mail$/)
    })
  })

  it("cancel of a running job asks its handler to stop", async () => {
    const stop = await site.work()
    const { id } = await site.run(JobQueue.enqueue(Report, { month: "2026-07" }))
    await has(id, ({ status }) => status === "running")
    await visit(site, { view: `jobs/${id}` }, async ({ page }) => {
      await page.getByText("3 of 12").waitFor()
      assert.strictEqual(await button(page, "Delete").count(), 0)
      await button(page, "Cancel").click()
      await button(page, "Cancel it").click()
      await page.locator(".job-head").getByText("cancelled").waitFor()
      await has(id, ({ status }) => status === "cancelled")
    })
    await stop()
  })

  it("a job that another person deletes is shown as it was", async () => {
    const { id } = await later("gone")
    await visit(site, { view: `jobs/${id}` }, async ({ page }) => {
      await page.getByRole("heading", { name: "Facts" }).waitFor()
      await site.run(JobQueue.delete(id))
      await page.getByText("This job is deleted.").waitFor()
      assert.strictEqual(await button(page, "Cancel").count(), 0)
    })
  })
})

describe("actions on many jobs", () => {
  let ids: ReadonlyArray<string> = []

  beforeEach(async () => {
    site.sql((database) => database.exec("DELETE FROM holdfast_jobs"))
    ids = (await site.run(JobQueue.enqueueMany(
      Welcome,
      Array.from({ length: 130 }, () => ({ payload: { user: "many" }, delay: "2 hours" as const }))
    ))).map(({ id }) => id)
  })

  const statuses = async () => {
    const found = await Promise.all(ids.map((id) => get(id)))
    const counts: Record<string, number> = {}
    for (const { status } of found) counts[status] = (counts[status] ?? 0) + 1
    return counts
  }

  it("cancel all that are loaded, more than a request takes, and undo each to the time when it was due", async () => {
    site.sql((database) => database.exec("UPDATE holdfast_jobs SET available_at = 1000"))
    await site.run(JobQueue.edit(ids[0] ?? "", { delay: "2 hours" }))
    await visit(site, { view: "jobs" }, async ({ page }) => {
      await page.getByText("130 jobs, and no more.").waitFor()
      await page.getByLabel("Select every job that is loaded").click()
      const bar = page.getByRole("region", { name: "Actions on the selection" })
      await bar.getByText("130 jobs selected").waitFor()
      assert.isTrue(await bar.getByRole("button", { name: "Retry" }).isDisabled())
      await bar.getByRole("button", { name: "Cancel" }).click()
      await page.getByRole("dialog", { name: "Cancel 130 jobs?" }).waitFor()
      await button(page, "Cancel: 130 jobs").click()
      await page.getByText("130 jobs cancelled.").waitFor()
      assert.deepStrictEqual(await statuses(), { cancelled: 130 })
      await bar.waitFor({ state: "detached" })
      await button(page, "Undo").click()
      await page.getByText("130 jobs restored.").waitFor({ timeout: 30_000 })
      assert.deepStrictEqual(await statuses(), { pending: 130 })
      assert.isAbove((await get(ids[0] ?? "")).availableAt, Date.now() + 3_600_000)
    })
  })

  it("are for every job of the filter, also those that are not loaded, and name its count and the filter", async () => {
    site.sql((database) =>
      database.exec(`
        WITH RECURSIVE number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < 400)
        INSERT INTO holdfast_jobs (
          id, queue, kind, payload, status, priority, max_attempts, available_at, created_at, updated_at
        )
        SELECT printf('00000000-0000-7000-8000-%012x', i), 'bulk', 'bulk.kind', '{}', 'pending', 0, 3, 9e12, 0, 0
        FROM number`)
    )
    await visit(site, { view: "jobs?queue=bulk" }, async ({ page }) => {
      await page.locator("[role=row][data-id]").first().waitFor()
      await page.getByLabel("Select every job that is loaded").click()
      const bar = page.getByRole("region", { name: "Actions on the selection" })
      await bar.getByRole("button", { name: "Select all that fit the filter" }).click()
      await bar.getByText("All 400 that fit the filter").waitFor()
      await bar.getByRole("button", { name: "Cancel", exact: true }).click()
      const dialog = page.getByRole("dialog", { name: "Cancel 400 jobs?" })
      await dialog.getByText("queue \"bulk\"").waitFor()
      await dialog.getByRole("button", { name: "Cancel: 400 jobs" }).click()
      await page.getByText("400 jobs cancelled.").waitFor({ timeout: 30_000 })
      await bar.waitFor({ state: "detached" })
    })
    const { count } = await site.run(JobQueue.count({ queue: "bulk", status: "cancelled" }))
    assert.strictEqual(count, 400)
    assert.deepStrictEqual(await statuses(), { pending: 130 })
  })

  it("are found by unique key and by a part of their error, which the address keeps", async () => {
    await site.run(JobQueue.enqueue(Welcome, { user: "key" }, { uniqueKey: "brand-7" }))
    const id = await failed()
    await visit(site, { view: "jobs" }, async ({ page }) => {
      await page.getByLabel("Unique key").fill("brand-7")
      await page.getByLabel("Unique key").press("Enter")
      await page.getByText("1 job, and no more.").waitFor()
      await page.goto(`${page.url().split("#")[0]}#/jobs`)
      await page.getByLabel("Error has").fill("REFUSED")
      await page.getByLabel("Error has").press("Enter")
      await page.locator(`[role=row][data-id="${id}"]`).waitFor()
      assert.match(page.url(), /#\/jobs\?.*status=failed/)
      assert.match(page.url(), /error=REFUSED/)
    })
  })

  it("run, retry and delete what the action is for, and leave the rest of the selection", async () => {
    await site.run(JobQueue.cancel(ids[129] ?? ""))
    await visit(site, { view: "jobs" }, async ({ page }) => {
      const select = async (count: number) => {
        for (let row = 0; row < count; row++) {
          await page.locator("[role=row][data-id] input[type=checkbox]").nth(row).click()
        }
        await page.getByText(`${count} jobs selected`).waitFor()
      }
      const act = async (action: string, confirm: string) => {
        const bar = page.getByRole("region", { name: "Actions on the selection" })
        await bar.getByRole("button", { name: action, exact: true }).click()
        await button(page, confirm).click()
        await page.getByRole("dialog").waitFor({ state: "detached" })
      }
      await page.locator("[role=row][data-id]").first().waitFor()
      await select(3)
      await act("Run now", "Run now: 2 jobs")
      await page.getByText("2 jobs due now.").waitFor()
      assert.isTrue((await get(ids[128] ?? "")).availableAt <= Date.now())
      await select(3)
      await act("Retry", "Retry: 1 job")
      await page.getByText("1 job set to be retried.").waitFor()
      assert.strictEqual((await get(ids[129] ?? "")).status, "pending")
      await select(2)
      await act("Delete", "Delete: 2 jobs")
      await page.getByText("2 jobs deleted.").waitFor()
      await gone(ids[129] ?? "")
      await page.getByText("128 jobs, and no more.").waitFor()
    })
  })

  it("tell which ones were refused, and why", () =>
    visit(site, { view: "jobs?status=pending" }, async ({ page }) => {
      await page.getByText("130 jobs, and no more.").waitFor()
      await page.locator("[role=row][data-id] input[type=checkbox]").nth(0).click()
      await page.locator("[role=row][data-id] input[type=checkbox]").nth(1).click()
      await page.getByRole("region", { name: "Actions on the selection" }).getByRole("button", { name: "Run now" })
        .click()
      // Between the question and the answer.
      await site.run(JobQueue.cancel(ids[129] ?? ""))
      await page.getByRole("dialog").getByRole("button", { name: /^Run now/ }).click()
      await page.getByText("1 job due now.").waitFor()
      const refusal = page.locator(".toast-bad")
      await refusal.waitFor()
      assert.match(await refusal.innerText(), /1 job not due now\..*cancelled/s)
    }))
})

describe("queues and kinds", () => {
  const pauses = () => site.run(JobQueue.pauses)

  it("are paused with a name, and resumed, by button and by undo", () =>
    visit(site, { view: "queues" }, async ({ page }) => {
      const row = page.getByRole("row", { name: /^mail/ })
      await button(page, "Pause the queue mail").click()
      await page.getByLabel("Your name, for others to read").fill("Ada")
      await button(page, "Pause").click()
      await row.getByText(/paused .* by Ada/).waitFor()
      assert.deepStrictEqual((await pauses()).map(({ name, pausedBy, scope }) => [scope, name, pausedBy]), [
        ["queue", "mail", "Ada"]
      ])
      await button(page, "Resume the queue mail").click()
      await row.getByText(/paused/).waitFor({ state: "detached" })
      assert.deepStrictEqual(await pauses(), [])
      await page.getByRole("link", { name: "Kinds" }).click()
      await button(page, "Pause the kind email.welcome").click()
      assert.strictEqual(await page.getByLabel("Your name, for others to read").inputValue(), "Ada")
      await button(page, "Pause").click()
      await page.getByText(/paused .* by Ada/).waitFor()
      await page.locator(".toast", { hasText: "is paused" }).getByRole("button", { name: "Undo" }).last().click()
      await eventually("it is resumed", async () => (await pauses()).length === 0)
    }))

  it("keep the pause of another person, and its undo is not offered", () =>
    visit(site, { view: "queues" }, async ({ page }) => {
      await button(page, "Pause the queue mail").click()
      // Between the question and the answer.
      await site.run(JobQueue.pause({ queue: "mail" }, { by: "Bob" }))
      await page.getByLabel("Your name, for others to read").fill("Ada")
      await button(page, "Pause").click()
      await page.getByText(/The queue mail was already paused by Bob, since .* Nothing was changed\./).waitFor()
      assert.strictEqual(await button(page, "Undo").count(), 0)
      assert.deepStrictEqual((await pauses()).map(({ pausedBy }) => pausedBy), ["Bob"])
      await site.run(JobQueue.resume({ queue: "mail" }))
    }))

  it("of any name are paused before their first job, and listed", () =>
    visit(site, { view: "queues" }, async ({ page }) => {
      await button(page, "Pause by name…").click()
      await page.getByLabel("Name of the queue").fill("to come")
      await button(page, "Pause").click()
      const other = page.getByRole("listitem").filter({ hasText: "to come" })
      await other.waitFor()
      await other.getByRole("button", { name: "Resume the queue to come" }).click()
      await other.waitFor({ state: "detached" })
      assert.deepStrictEqual(await pauses(), [])
    }))

  it("are found by a part of the name, which the address has", () =>
    visit(site, { view: "queues" }, async ({ page }) => {
      await page.getByLabel("Show queues whose names contain").fill("nothing like it")
      await page.getByText("No queue with “nothing like it” in its name").waitFor()
      await page.getByLabel("Show queues whose names contain").fill("MAI")
      await page.getByRole("row", { name: /^mail/ }).waitFor()
      assert.isTrue(page.url().endsWith("#/queues?find=MAI"))
    }))
})
