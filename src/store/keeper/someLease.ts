import type { JobId } from "../../domain/JobId.ts"
import { Lease } from "../../domain/Lease.ts"

/** Stands for a lease where the text of the heartbeat's statement is asked for, which is the same for all. */
export const someLease = new Lease({
  jobId: "00000000-0000-7000-8000-000000000000" as JobId,
  worker: "-",
  attempt: 1,
  failures: 0,
  lockedAt: 0,
  lockedUntil: 0
})
