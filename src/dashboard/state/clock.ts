import { useEffect, useState } from "preact/hooks"
import { isVisible } from "./visibility.ts"

/** The server's clock minus this machine's, in milliseconds. */
let ahead = 0

/** The server's time in epoch milliseconds: what the instants of jobs are compared with. */
export const serverNow = (): number => Date.now() + ahead

/** Takes in the server's time, as an answer of it says. Less than a second of it is the way of the answer. */
export const setServerTime = (now: number): void => {
  const difference = now - Date.now()
  if (Math.abs(difference - ahead) > 1000) ahead = Math.abs(difference) > 1000 ? difference : 0
}

const listeners = new Set<(now: number) => void>()
let timer: ReturnType<typeof setInterval> | undefined

const tick = () => {
  if (!isVisible()) return
  const now = serverNow()
  for (const listener of listeners) listener(now)
}

/** The server's time, told anew each second while the page is visible. One timer serves all that show it. */
export const useNow = (): number => {
  const [now, setNow] = useState(serverNow)
  useEffect(() => {
    listeners.add(setNow)
    timer ??= setInterval(tick, 1000)
    return () => {
      listeners.delete(setNow)
      if (listeners.size === 0) {
        clearInterval(timer)
        timer = undefined
      }
    }
  }, [])
  return now
}
