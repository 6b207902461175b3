/*
 * Makes an immediate of `setTimeout(run, 0)`, which Node rounds up to a
 * millisecond. Effect's TestClock gives way in this manner three times before
 * each step, and the tests of the runtime spent half their time on it.
 */
const { clearTimeout, setTimeout } = globalThis

const Immediate = setImmediate(() => {}).constructor as new() => NodeJS.Immediate

globalThis.setTimeout = Object.assign(
  (run: (...given: ReadonlyArray<unknown>) => void, millis?: number, ...given: ReadonlyArray<unknown>) =>
    millis === 0 ? setImmediate(run, ...given) : setTimeout(run, millis, ...given),
  setTimeout
) as never

globalThis.clearTimeout = (timer) => timer instanceof Immediate ? clearImmediate(timer) : clearTimeout(timer)
