import type { Queue } from "../conversation.ts"
import type { Payload } from "../load.ts"
import * as plainjob from "../contenders/plainjob.ts"

/** plainjob in a file, FULL, looking every 10 ms; its default is a second. */
export const open = (file: string): Queue => {
  const queue = plainjob.open(file, "full")
  const ends: Array<() => Promise<void>> = []
  return {
    listen: (onJob) => {
      ends.push(plainjob.listen(queue, 10, (data) => onJob(data as Payload)))
      return Promise.resolve()
    },
    send: (payload) => Promise.resolve(queue.add("bench", payload)),
    close: async () => {
      for (const end of ends) await end()
      queue.close()
    }
  }
}
