import { chromium } from "playwright-core"
import type { Browser, BrowserContext } from "playwright-core"

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium"

export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] })

/**
 * Opens so many pages of a server, half of them on the overview and half on the jobs, and waits until each shows something.
 * Each has a browser context of its own: one browser has at most six connections to a server, and each visible page holds one.
 */
export const openPages = async (browser: Browser, address: string, token: string, count: number) => {
  const contexts: Array<BrowserContext> = []
  for (let n = 0; n < count; n++) {
    const context = await browser.newContext()
    contexts.push(context)
    const page = await context.newPage()
    await page.goto(`${address}#token=${token}`)
    await page.locator("header .brand").waitFor()
    if (n % 2 === 1) await page.evaluate("location.hash = '#/jobs'")
  }
  return { close: () => Promise.all(contexts.map((context) => context.close())) }
}

/** Milliseconds from the navigation to the first content of a new page, in a browser that has nothing of it yet. */
export const firstPaint = async (browser: Browser, address: string, token: string): Promise<number> => {
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    await page.goto(`${address}#token=${token}`)
    await page.locator("header .brand").waitFor()
    return await page.evaluate<number>("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN")
  } finally {
    await context.close()
  }
}
