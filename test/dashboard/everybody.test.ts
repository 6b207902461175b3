import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import type { Page } from "playwright-core"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { go, visit } from "./browser.ts"
import { fill } from "./fill.ts"
import type { Filled } from "./fill.ts"
import type { Site } from "./site.ts"
import { openSite } from "./site.ts"

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

let site: Site
let filled: Filled

beforeAll(async () => {
  site = await openSite()
  filled = await fill(site)
})

afterAll(async () => {
  await filled.end()
  await site.close()
})

/** The findings that keep somebody from using the page, as "rule: element". */
const findings = async (page: Page): Promise<ReadonlyArray<string>> => {
  // Past the policy of the page, which lets no other script in.
  await page.evaluate(axe)
  return page.evaluate(async () => {
    interface Finding {
      readonly id: string
      readonly impact: string
      readonly nodes: ReadonlyArray<{ readonly html: string; readonly failureSummary: string }>
    }
    const { run } =
      (window as unknown as { axe: { run: (what: Document) => Promise<{ violations: Array<Finding> }> } }).axe
    const { violations } = await run(document)
    return violations.filter(({ impact }) => impact === "serious" || impact === "critical").flatMap(({ id, nodes }) =>
      nodes.map(({ failureSummary, html }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`)
    )
  })
}

for (const colours of ["light", "dark"] as const) {
  describe(`everybody can use the page in ${colours} colours`, () => {
    it("at the door", () =>
      visit(site, { colours, token: null }, async ({ page }) => {
        await page.getByLabel("Token").fill("wrong")
        await page.keyboard.press("Enter")
        await page.getByText("The server does not take this token.").waitFor()
        assert.deepStrictEqual(await findings(page), [])
      }))

    it("on every screen, with dialogs, selections and messages", () =>
      visit(site, { colours }, async ({ page }) => {
        const check = async (where: string) => assert.deepStrictEqual(await findings(page), [], where)
        for (const view of filled.views()) {
          await go(page, view.address)
          await page.locator("main").getByText(view.shows).first().waitFor()
          if (view.name === "trouble") {
            await filled.trouble()
            await page.locator(".trouble").nth(3).waitFor()
          }
          await check(view.name)
        }
        await go(page, "jobs")
        await page.locator("[role=row][data-id] input").first().click()
        await check("a selection")
        await page.getByRole("button", { name: "Delete" }).click()
        await check("a question")
        await page.keyboard.press("Escape")
        await page.keyboard.press("?")
        await page.getByRole("dialog", { name: "Help" }).waitFor()
        await check("the help")
        await page.keyboard.press("Escape")
        await page.locator("header form input").fill(" ")
        await page.locator("header form input").press("Enter")
        await page.locator(".toast").waitFor()
        await check("a message")
        site.cut()
        await page.locator(".banner").waitFor()
        await check("a banner")
        site.mend()
        await page.locator(".banner").waitFor({ state: "detached" })
      }), 120_000)
  })
}

describe("on a telephone of 360 pixels", () => {
  it("nothing is wider than the screen", () =>
    visit(site, { width: 360, height: 740 }, async ({ page }) => {
      const wide = () =>
        page.evaluate(() => ({
          page: document.documentElement.scrollWidth,
          beyond: [...document.querySelectorAll("main *, header *")].filter((element) => {
            const { right, width } = element.getBoundingClientRect()
            return width > 0 && right > 361
          }).map((element) => element.className)
        }))
      for (const view of filled.views()) {
        await go(page, view.address)
        await page.locator("main").getByText(view.shows).first().waitFor()
        const { beyond, page: width } = await wide()
        assert.isAtMost(width, 360, view.name)
        // What a box cuts off is not beyond its edge for the reader.
        assert.isEmpty(beyond.filter((name) => typeof name === "string" && !/cell|name|mono/.test(name)), view.name)
      }
      await go(page, "jobs")
      await page.locator("[role=row][data-id] input").first().click()
      assert.isAtMost((await wide()).page, 360, "a selection")
      await page.getByRole("button", { name: "Delete" }).click()
      await page.getByRole("dialog").waitFor()
      assert.isAtMost((await wide()).page, 360, "a question")
    }))
})

describe("the focus", () => {
  it("is at the content after another screen is opened, and comes back when a dialog closes", () =>
    visit(site, {}, async ({ page }) => {
      const focused = () => page.evaluate(() => document.activeElement?.id ?? "")
      await page.getByText("Over time").waitFor()
      await page.keyboard.press("Tab")
      assert.strictEqual(await page.evaluate(() => document.activeElement?.textContent), "Skip to the content")
      await page.keyboard.press("Enter")
      assert.strictEqual(await focused(), "content")
      await page.getByRole("link", { name: "Queues", exact: true }).click()
      await page.getByRole("heading", { name: "Queues and kinds" }).waitFor()
      assert.strictEqual(await focused(), "content")
      const help = page.getByRole("button", { name: "Help and keys" })
      await help.focus()
      await page.keyboard.press("Enter")
      const dialog = page.getByRole("dialog", { name: "Help" })
      await dialog.waitFor()
      for (let step = 0; step < 4; step++) {
        await page.keyboard.press("Tab")
        assert.isTrue(
          await page.evaluate(() =>
            document.activeElement === document.body
            || document.querySelector("dialog")?.contains(document.activeElement) === true
          )
        )
      }
      await page.keyboard.press("Escape")
      await dialog.waitFor({ state: "detached" })
      assert.isTrue(await help.evaluate((button) => button === document.activeElement))
    }))
})
