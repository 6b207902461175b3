import type { Client } from "../../../src/dashboard/api/client.ts"

/** A client whose answers a test gives, and what it was asked. An answer that is an error is thrown. */
export const fakeClient = (answer: (request: string, body: unknown) => unknown) => {
  const asked: Array<string> = []
  const client: Client = {
    ask: <A>(method: string, path: string, body?: unknown) => {
      const request = `${method} ${path}`
      asked.push(body === undefined ? request : `${request} ${JSON.stringify(body)}`)
      const answered = answer(request, body)
      return answered instanceof Error ? Promise.reject(answered) : Promise.resolve(answered as A)
    },
    openFeed: () => Promise.reject(new Error("not asked"))
  }
  return { asked, client }
}
