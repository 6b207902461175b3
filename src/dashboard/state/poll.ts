/** The options of a poll. Times are milliseconds. */
export interface PollOptions<A> {
  readonly load: (signal: AbortSignal) => Promise<A>
  readonly onAnswer: (answer: A) => void
  readonly onFailure: (error: unknown) => void
  /** True if an answer tells nothing new after the one before. */
  readonly isSame: (before: A, now: A) => boolean
  /** The least time from the start of one look to the next. */
  readonly least: number
  /** The time between looks once nothing has changed for a while. */
  readonly most: number
  /** The first wait after a failure; it doubles up to ten times that. */
  readonly afterFailure: number
  /** The clock and the timers. */
  readonly timers: Timers
}

/** Timers that a test can replace. */
export interface Timers {
  readonly now: () => number
  readonly set: (run: () => void, millis: number) => number
  readonly clear: (timer: number) => void
}

/** A look that is repeated, and never runs twice at once. */
export interface Poll {
  /** Something has changed: looks as soon as `least` allows. */
  readonly nudge: () => void
  /** Looks now, also before `least` has passed. */
  readonly look: () => void
  /** Ends the look that runs, and begins no other until `resume`. */
  readonly pause: () => void
  /** Looks now and goes on. */
  readonly resume: () => void
  readonly stop: () => void
}

/**
 * Repeats a look. While answers change they are `least` apart. Each one that tells nothing new makes the next come later,
 * up to `most`; a nudge or a change brings them back.
 */
export const startPoll = <A>(options: PollOptions<A>): Poll => {
  const { timers } = options
  let timer: number | undefined
  let running: AbortController | undefined
  let startedAt = -Infinity
  let interval = options.least
  let failures = 0
  let isNudged = false
  let isPaused = false
  let last: { readonly answer: A } | undefined

  const plan = (millis: number) => {
    if (timer !== undefined) timers.clear(timer)
    timer = isPaused ? undefined : timers.set(look, Math.max(0, millis))
  }

  const look = () => {
    if (timer !== undefined) timers.clear(timer)
    timer = undefined
    if (isPaused || running !== undefined) return
    const controller = new AbortController()
    running = controller
    startedAt = timers.now()
    isNudged = false
    options.load(controller.signal).then(
      (answer) => {
        if (running !== controller) return
        running = undefined
        failures = 0
        interval = last !== undefined && options.isSame(last.answer, answer)
          ? Math.min(options.most, interval + options.least / 2)
          : options.least
        last = { answer }
        options.onAnswer(answer)
        // What was nudged during the look may not be in its answer.
        plan(startedAt + (isNudged ? options.least : interval) - timers.now())
      },
      (error: unknown) => {
        if (running !== controller) return
        running = undefined
        failures++
        options.onFailure(error)
        plan(Math.min(10, 2 ** (failures - 1)) * options.afterFailure)
      }
    )
  }

  const pause = () => {
    isPaused = true
    if (timer !== undefined) timers.clear(timer)
    timer = undefined
    const ended = running
    running = undefined
    ended?.abort()
  }

  look()
  return {
    nudge: () => {
      isNudged = true
      interval = options.least
      if (!isPaused && running === undefined && failures === 0) plan(startedAt + options.least - timers.now())
    },
    look: () => {
      isNudged = true
      if (!isPaused && running === undefined) look()
    },
    pause,
    resume: () => {
      if (!isPaused) return
      isPaused = false
      interval = options.least
      look()
    },
    stop: pause
  }
}
