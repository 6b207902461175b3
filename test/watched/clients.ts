import { setTimeout as wait } from "node:timers/promises"

/**
 * Asks a server what so many pages ask while jobs end, without a browser, which would take the cores from the server: all
 * read the events, half of them ask for the figures every second and for the history every ten, as the overview does, and
 * the others for the newest jobs every second, as the list does. Their seconds do not begin together.
 */
export const openClients = (
  address: string,
  token: string,
  count: number
): { readonly close: () => Promise<unknown> } => {
  const closing = new AbortController()
  const { signal } = closing
  const get = (path: string) =>
    fetch(`${address}api/${path}`, { headers: { authorization: `Bearer ${token}` }, signal })
  const everySecond = async (ask: (second: number) => Promise<unknown>): Promise<void> => {
    for (let second = 0; !signal.aborted; second++) {
      const from = performance.now()
      await ask(second)
      await wait(Math.max(0, 1000 - (performance.now() - from)), undefined, { signal })
    }
  }
  const read = async (path: string) => void await (await get(path)).arrayBuffer()
  const client = async (n: number): Promise<void> => {
    await wait(1000 * n / count, undefined, { signal })
    const looks = n % 2 === 0
      ? everySecond(async (second) => {
        await read("stats?over=300000")
        if (second % 10 === 0) await read("history")
      })
      : everySecond(() => read("jobs?limit=100"))
    await Promise.all([looks, read("events")])
  }
  const clients = Array.from({ length: count }, (_, n) =>
    client(n).catch((error: unknown) => {
      if (!signal.aborted) throw error
    }))
  return {
    close: () => {
      closing.abort()
      return Promise.all(clients)
    }
  }
}
