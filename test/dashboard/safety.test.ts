import { Option } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { JobEvent, JobId } from "../../src/index.ts"
import { eventually, go, visit } from "./browser.ts"
import { attacks } from "./payloads.ts"
import type { Site } from "./site.ts"
import { openSite, tokens } from "./site.ts"

const folder = "dist/dashboard"

describe("the page as it is shipped", () => {
  it("is under 150 kB in all when it is compressed, and nothing in it is inline", () => {
    const files = readdirSync(folder)
    assert.sameMembers(files, ["index.html", "app.js", "app.css"])
    const sizes = files.map((name) => gzipSync(readFileSync(join(folder, name)), { level: 9 }).length)
    assert.isBelow(sizes.reduce((sum, size) => sum + size, 0), 150_000)
    const html = readFileSync(join(folder, "index.html"), "utf8")
    assert.notMatch(html, /<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=/)
    const script = readFileSync(join(folder, "app.js"), "utf8")
    assert.notMatch(script, /insertAdjacentHTML|document\.write|new Function|\beval\(/)
  })
})

describe("data that is made to run as code", () => {
  let site: Site
  const ids = attacks.map((_, index) => `01a22e9d-5abe-7193-b616-${String(index).padStart(12, "0")}`)

  beforeAll(async () => {
    site = await openSite()
    // What no definition would have, any SQL of an app can write.
    site.sql((database) => {
      const insert = database.prepare(`
        INSERT INTO holdfast_jobs (
          id, queue, kind, payload, status, priority, partition_key, unique_key, unique_scope, attempts, failures,
          max_attempts, available_at, locked_at, locked_by, locked_until, settled_attempt, settled_by, settled_as,
          settled_to, progress, result, last_error, last_error_value, errors, created_at, updated_at, finished_at
        ) VALUES (
          @id, @text, @text, @json, @status, 0, @text, @text, 'pending', 2, 1, 3, @now, @lockedAt, @lockedBy, @lockedUntil,
          1, @text, 'fail', 'pending', @json, @result, @text, @json, @errors, @now, @now, @finishedAt
        )`)
      const pause = database.prepare(
        "INSERT INTO holdfast_pauses (scope, name, paused_at, paused_by) VALUES (?, ?, ?, ?)"
      )
      const now = Date.now()
      const statuses = ["pending", "running", "succeeded", "failed", "cancelled"]
      for (const [index, text] of attacks.entries()) {
        const status = statuses[index % statuses.length] ?? "pending"
        const isRunning = status === "running"
        const hasEnded = ["succeeded", "failed", "cancelled"].includes(status)
        insert.run({
          id: ids[index],
          text,
          json: JSON.stringify({ [text]: text, list: [text], deep: { [text]: { [text]: text } } }),
          status,
          now,
          lockedAt: isRunning ? now : null,
          lockedBy: isRunning ? text : null,
          lockedUntil: isRunning ? now + 600_000 : null,
          result: status === "succeeded" ? JSON.stringify(text) : null,
          errors: JSON.stringify([{ attempt: 1, worker: text, at: now, message: `${text}\n${text}` }]),
          finishedAt: hasEnded ? now : null
        })
        pause.run(index % 2 === 0 ? "queue" : "kind", text, now, text)
      }
      // An id is text of the app's, too.
      database.prepare("UPDATE holdfast_jobs SET id = ? WHERE id = ?").run(attacks[5], ids[5])
      database.prepare("UPDATE holdfast_jobs SET id = ? WHERE id = ?").run(attacks[24], ids[24])
    })
  })

  afterAll(() => site.close())

  const ownId = (index: number) => index === 5 || index === 24 ? attacks[index] ?? "" : ids[index] ?? ""

  it(
    "is shown as the text it is, in every field of every screen",
    () =>
      visit(site, { view: "jobs" }, async ({ complaints, page }) => {
        await page.evaluate(() => {
          const global = window as unknown as { owned: () => void; isOwned: boolean }
          global.isOwned = false
          global.owned = () => {
            global.isOwned = true
          }
        })
        const foreign: Array<string> = []
        page.on("request", (request) => {
          const url = request.url()
          if (!url.startsWith(site.address) && !url.startsWith("data:,")) foreign.push(url)
        })
        const shown = async (text: string) => {
          const first = text.split(/[\u2028\n]/)[0]?.trim() ?? ""
          return (await page.locator("main").evaluate((main) => main.textContent ?? "")).includes(first)
        }
        const assertSafe = async (where: string) => {
          const found = await page.evaluate(() => ({
            isOwned: (window as unknown as { isOwned: boolean }).isOwned,
            elements: document.querySelectorAll(
              "main script, main img, main iframe, main style, main object, main video, main base, main math, main link, main meta"
            ).length,
            handlers: [...document.querySelectorAll("*")].filter((element) =>
              [...element.attributes].some(({ name }) => name.startsWith("on"))
            ).length,
            links: [...document.querySelectorAll("a")].map(({ href }) =>
              href
            ).filter((href) => !href.startsWith(location.origin))
          }))
          assert.deepStrictEqual(found, { isOwned: false, elements: 0, handlers: 0, links: [] }, where)
          assert.strictEqual(
            await page.evaluate(() =>
              getComputedStyle(document.body).display
            ),
            "block",
            where
          )
        }
        await page.getByText("30 jobs, and no more.").waitFor()
        for (const text of attacks) assert.isTrue(await shown(text), `in the list: ${text}`)
        await assertSafe("jobs")

        for (const [index, text] of attacks.entries()) {
          await go(page, `jobs/${encodeURIComponent(ownId(index))}`)
          await page.locator("h1").filter({ hasText: text.split(/[\u2028\n]/)[0]?.trim() ?? "" }).waitFor()
          await page.getByRole("heading", { name: "Facts" }).waitFor()
          await page.locator("details").evaluateAll((all) => {
            for (const details of all) {
              ;(details as HTMLDetailsElement).open = true
            }
          })
          assert.isTrue(await shown(text), `of a job: ${text}`)
          await assertSafe(`job ${text}`)
        }

        for (
          const view of [
            "",
            "queues",
            "queues?by=kind",
            `queues?find=${encodeURIComponent("<img src=x onerror=owned()>")}`
          ]
        ) {
          await go(page, view)
          await page.getByText("owned()").first().waitFor()
          await assertSafe(view)
        }
        for (const text of attacks) {
          await site.publish(JobEvent.LeaseLost({
            jobId: JobId.make("01a22e9d-5abe-7193-b616-000000000000"),
            kind: text,
            attempt: 1,
            worker: text,
            reason: "LeaseLost",
            stall: Option.none()
          }))
        }
        await go(page, "trouble")
        await eventually("all trouble is listed", async () => await page.locator(".trouble").count() === attacks.length)
        await assertSafe("trouble")
        // An address can be sent by anybody.
        for (const [index, text] of attacks.entries()) {
          const sent = encodeURIComponent(text)
          await go(
            page,
            [
              `jobs?queue=${sent}&kind=${sent}&partition=${sent}`,
              `jobs/${sent}`,
              sent,
              `trouble?type=${sent}`
            ][index % 4] ?? ""
          )
          await page.locator("main h1, main .state").first().waitFor()
          await assertSafe(`address ${text}`)
        }
        assert.deepStrictEqual(foreign, [])
        assert.deepStrictEqual(complaints, [])
      }),
    120_000
  )

  it("would be stopped by the policy of the page, which allows no inline code", () =>
    visit(site, {}, async ({ complaints, page }) => {
      await page.getByText("Over time").waitFor()
      await page.evaluate(() => {
        const script = document.createElement("script")
        script.textContent = "window.isOwned = true"
        document.body.append(script)
        document.body.setAttribute("onclick", "window.isOwned = true")
        document.body.click()
      })
      assert.isUndefined(await page.evaluate(() => (window as unknown as { isOwned?: boolean }).isOwned))
      await eventually("the browser says so", () => complaints.some((text) => text.includes("Content Security Policy")))
      const refused = await page.evaluate(() => fetch("https://example.com/").then(() => "sent", () => "refused"))
      assert.strictEqual(refused, "refused")
    }))

  it("finds no token in what the page keeps for longer than the tab, or in any address it asks", async () => {
    const urls: Array<string> = []
    await visit(site, { token: null }, async ({ page }) => {
      page.on("request", (request) => urls.push(request.url()))
      await page.getByLabel("Token").fill(tokens.full)
      await page.keyboard.press("Enter")
      await page.getByText("Over time").waitFor()
      await go(page, "jobs")
      await page.getByText("30 jobs, and no more.").waitFor()
    })
    assert.isNotEmpty(urls)
    assert.isEmpty(urls.filter((url) => url.includes(tokens.full)))
  })
})
