import type * as Inspector from "node:inspector"

/**
 * The stack of the main thread, by Node's inspector, called in another thread. Undefined if it does not come
 * within 2 s, as from within native code. It is passed as text, see `keepLeases`.
 */
export function mainStack(require: NodeJS.Require): Promise<string | undefined> {
  /** The handler's own frames come first. */
  const mostFrames = 30
  return new Promise((resolve) => {
    let session: Inspector.Session | undefined
    const end = (stack: string | undefined) => {
      clearTimeout(timer)
      try {
        session?.disconnect()
      } catch {
        // The stack counts, not the end of the session.
      }
      session = undefined
      resolve(stack)
    }
    const timer = setTimeout(() => end(undefined), 2_000)
    try {
      const inspector = require("node:inspector") as typeof Inspector
      session = new inspector.Session()
      session.connectToMainThread()
      const files = new Map<string, string>()
      session.on("Debugger.scriptParsed", ({ params: { scriptId, url } }) => void files.set(scriptId, url))
      session.on("Debugger.paused", ({ params }) => {
        const frames = params.callFrames.slice(0, mostFrames).map(({ functionName, location }) =>
          `at ${functionName === "" ? "<anonymous>" : functionName} `
          + `(${files.get(location.scriptId) ?? "<unknown>"}:${location.lineNumber + 1})`
        )
        session?.post("Debugger.resume")
        end(frames.join("\n"))
      })
      session.post("Debugger.enable")
      session.post("Debugger.pause")
    } catch {
      end(undefined)
    }
  })
}
