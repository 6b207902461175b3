import { Context } from "effect"

/**
 * Keeps the whole process waiting for so many milliseconds: for what has to be
 * done before a listener of the process returns, and nowhere else. Replaceable,
 * so that a simulation loses no real time.
 */
export class StandStill extends Context.Reference<StandStill>()("holdfast/platform/StandStill", {
  defaultValue: () => (millis: number): void =>
    void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, millis)
}) {}
