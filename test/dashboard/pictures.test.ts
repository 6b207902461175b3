import { mkdirSync, readdirSync, statSync } from "node:fs"
import { assert, it } from "vitest"
import type { History } from "../../src/dashboard/api/wire.ts"
import { go, visit } from "./browser.ts"
import { fill } from "./fill.ts"
import { openSite } from "./site.ts"

const folder = "docs/dashboard"

/** An hour of figures, since nobody waits an hour for a picture: a wave of work, and a burst of failures with a backlog behind it. */
const hour = (now: number): History => ({
  every: 10_000,
  points: Array.from({ length: 360 }, (_, index) => {
    const wave = 60 + Math.round(25 * Math.sin(index / 28) + 8 * Math.sin(index * 1.7))
    const isBurst = index > 230 && index < 270
    const backlog = isBurst ? (index - 230) * 14 : index >= 270 && index < 310 ? (310 - index) * 14 : 0
    return {
      at: now - (359 - index) * 10_000,
      pending: backlog + 40,
      due: backlog,
      running: 10,
      stale: 0,
      oldestDueAt: backlog === 0 ? null : now - (359 - index) * 10_000 - backlog * 90,
      succeeded: isBurst ? Math.round(wave / 3) : wave,
      failed: isBurst ? 14 + index % 5 : index % 17 === 0 ? 1 : 0,
      cancelled: index % 40 === 0 ? 6 : 0,
      isMore: false
    }
  })
})

it.runIf(process.env["DASHBOARD_PICTURES"] === "true")(
  "takes the pictures of docs/dashboard",
  async () => {
    mkdirSync(folder, { recursive: true })
    const site = await openSite()
    const filled = await fill(site)
    const shots = [
      { width: 1280, height: 720, colours: "light" },
      { width: 1280, height: 720, colours: "dark" },
      { width: 360, height: 640, colours: "light" },
      { width: 360, height: 640, colours: "dark" }
    ] as const
    const names = ["overview", "jobs", "job-running", "job-failed", "queues", "trouble"]
    const narrow = ["overview", "jobs", "job-running"]
    for (const { colours, height, width } of shots) {
      await visit(site, { colours, height, width }, async ({ page }) => {
        await page.route("**/api/history", (route) => route.fulfill({ json: hour(Date.now()) }))
        await page.reload()
        await page.locator(".live-live").waitFor()
        for (const view of filled.views().filter(({ name }) => (width === 360 ? narrow : names).includes(name))) {
          await go(page, view.address)
          await page.locator("main").getByText(view.shows).first().waitFor()
          if (view.name === "trouble") {
            await filled.trouble()
            await page.locator(".trouble").nth(3).waitFor()
          }
          await page.screenshot({ path: `${folder}/${view.name}-${width === 360 ? "narrow-" : ""}${colours}.png` })
        }
      })
    }
    await filled.end()
    await site.close()
    const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(`${folder}/${name}`).size, 0)
    assert.isBelow(bytes, 1_500_000)
  },
  300_000
)
