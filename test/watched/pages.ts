import { chromium } from "playwright-core"
import type { Browser, Page } from "playwright-core"

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium"

export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] })

/** Opens so many pages of a server, half of them on the overview and half on the jobs, and waits until each shows something. */
export const openPages = async (browser: Browser, address: string, token: string, count: number) => {
  const context = await browser.newContext()
  const pages: Array<Page> = []
  for (let n = 0; n < count; n++) {
    const page = await context.newPage()
    await page.goto(`${address}#token=${token}`)
    await page.locator("header .brand").waitFor()
    if (n % 2 === 1) await page.evaluate("location.hash = '#/jobs'")
    pages.push(page)
  }
  return { pages, close: () => context.close() }
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
