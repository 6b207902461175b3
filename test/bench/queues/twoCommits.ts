import Database from "better-sqlite3"
import type { Payload } from "../load.ts"
import type { Queue } from "../conversation.ts"

/**
 * What no durable queue does without, FULL: one commit for the enqueue and one for
 * the claim, each of a row in a table without indexes. The rest is the queue's own.
 */
export const open = (file: string): Queue => {
  const database = new Database(file)
  database.pragma("journal_mode = WAL")
  database.pragma("synchronous = FULL")
  database.exec("CREATE TABLE jobs (id INTEGER PRIMARY KEY, payload TEXT, claimed INTEGER) STRICT")
  const enqueue = database.prepare("INSERT INTO jobs (payload, claimed) VALUES (?, 0)")
  const claim = database.prepare("UPDATE jobs SET claimed = 1 WHERE id = ?")
  let hear: (payload: Payload) => void = () => {}
  return {
    listen: (onJob) => {
      hear = onJob
      return Promise.resolve()
    },
    send: (payload) => {
      claim.run(enqueue.run(JSON.stringify(payload)).lastInsertRowid)
      return Promise.resolve(hear(payload))
    },
    close: () => Promise.resolve(database.close())
  }
}
