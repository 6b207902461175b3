import type { Mutant } from "../Mutant.ts"

const file = "src/runtime/callStore.ts"
const callStore = ["test/runtime/callStore.test.ts"]

/** A call of the store ends in time, and fails with a StoreError. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "A call that cannot be interrupted is waited for",
    file,
    find: "Effect.flatten(Fiber.await(fiber)).pipe(",
    replace: "Effect.flatten(Effect.uninterruptible(Fiber.await(fiber))).pipe(",
    killedBy: callStore,
    hangs: true
  },
  {
    name: "A call that is never answered is waited for",
    file,
    find: "duration: within,",
    replace: "duration: Infinity,",
    killedBy: callStore,
    hangs: true
  },
  {
    name: "A call that its caller gives up goes on",
    file,
    find: ".pipe(Effect.onError(() => Fiber.interruptFork(fiber)))",
    replace: "",
    killedBy: callStore,
    hangs: true
  },
  {
    name: "A call that dies kills its caller",
    file,
    find: "Effect.catchAllDefect((cause) => isStoreError(cause) ? cause : new StoreError({ operation, cause }))",
    replace: "",
    killedBy: callStore
  },
  {
    name: "A store that failed for good, and died of it, is called again",
    file,
    find: "isStoreError(cause) ? cause : new StoreError({ operation, cause })",
    replace: "new StoreError({ operation, cause })",
    killedBy: callStore
  }
]
