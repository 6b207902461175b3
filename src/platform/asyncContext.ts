import { AsyncResource } from "node:async_hooks"

/**
 * Answers a function that runs another in the async context (`AsyncLocalStorage`)
 * of now. A fiber that waits goes on in the context of what resumes it, unless it
 * is resumed through this. Does what `AsyncLocalStorage.snapshot` does, at a
 * fraction of its time.
 */
export const callersContext = (): (run: () => void) => void => {
  const resource = new AsyncResource("Holdfast")
  return (run) => resource.runInAsyncScope(run)
}
