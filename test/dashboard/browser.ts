import { chromium } from "playwright-core"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { afterAll, assert } from "vitest"
import type { Site } from "./site.ts"
import { tokens } from "./site.ts"

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium"

let launched: Promise<Browser> | undefined

/** The browser of all tests of a file. */
export const browser = (): Promise<Browser> =>
  launched ??= chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] })

afterAll(async () => {
  await (await launched)?.close()
  launched = undefined
})

export interface Visit {
  readonly page: Page
  /** What the page wrote to the console as an error, threw, or was refused by its policy. */
  readonly complaints: ReadonlyArray<string>
}

export interface VisitOptions {
  readonly token?: string | null
  readonly view?: string
  readonly width?: number
  readonly height?: number
  readonly colours?: "light" | "dark"
}

/** Opens the page, with the full token unless another is given, and closes it afterwards. */
export const visit = async <A>(
  site: Site,
  options: VisitOptions,
  look: (visit: Visit) => Promise<A>
): Promise<A> => {
  const { colours = "light", height = 800, token = tokens.full, view = "", width = 1280 } = options
  const context: BrowserContext = await (await browser()).newContext({
    viewport: { width, height },
    colorScheme: colours,
    reducedMotion: "reduce",
    timezoneId: "UTC"
  })
  context.setDefaultTimeout(15_000)
  try {
    const page = await context.newPage()
    const complaints: Array<string> = []
    page.on("pageerror", (error) => complaints.push(String(error)))
    page.on("console", (message) => {
      // The browser writes a line of its own for each request that fails.
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
        complaints.push(message.text())
      }
    })
    page.on("dialog", (dialog) => {
      complaints.push(`dialog ${dialog.message()}`)
      void dialog.dismiss()
    })
    await page.goto(token === null ? site.address : `${site.address}#token=${token}`)
    if (token !== null) {
      await page.locator("header .brand").waitFor()
      if (view !== "") await go(page, view)
    }
    return await look({ page, complaints })
  } finally {
    await context.close()
  }
}

/** Moves to a view, as in "jobs?status=failed". */
export const go = (page: Page, view: string) => page.evaluate((view) => void (location.hash = `#/${view}`), view)

/** Waits until something is so, as a person waits for a page. */
export const eventually = async (what: string, isSo: () => boolean | Promise<boolean>, within = 10_000) => {
  const end = Date.now() + within
  while (!(await isSo())) {
    if (Date.now() > end) assert.fail(`Not within ${within} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
