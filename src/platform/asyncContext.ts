import { AsyncResource } from "node:async_hooks"

/**
 * How to go back into the caller's async context, its `AsyncLocalStorage`: whoever
 * resumes a fiber resumes it in its own. What `AsyncLocalStorage.snapshot` does,
 * at a fraction of its time.
 */
export const callersContext = (): (run: () => void) => void => {
  const resource = new AsyncResource("Holdfast")
  return (run) => resource.runInAsyncScope(run)
}
