import type { JobSummary } from "../api/wire.ts"

/** The heartbeats of an attempt that looks at its job have seen. Instants are epoch milliseconds. */
export interface Beats {
  readonly attempt: number
  /** The last heartbeat, by the database's clock. */
  readonly lockedAt: number
  /** The last look, by this machine's clock. */
  readonly lookedAt: number
  /** Milliseconds between two heartbeats; null until two of them were seen. */
  readonly gap: number | null
}

/** Looks that are farther apart than this, as those of a hidden tab are, may have missed heartbeats between. */
const mostApart = 15_000

/** Takes in a look at a job. Null while it does not run. */
export const beatsOf = (
  before: Beats | null,
  { attempts, lockedAt, status }: Pick<JobSummary, "attempts" | "lockedAt" | "status">,
  now: number
): Beats | null => {
  if (status !== "running" || lockedAt === null) return null
  if (before === null || before.attempt !== attempts) return { attempt: attempts, lockedAt, lookedAt: now, gap: null }
  const isNew = lockedAt > before.lockedAt && now - before.lookedAt <= mostApart
  return { attempt: attempts, lockedAt, lookedAt: now, gap: isNew ? lockedAt - before.lockedAt : before.gap }
}
