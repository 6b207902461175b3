import { assert, it } from "@effect/vitest"
import { JobEvent } from "../../src/domain/JobEvent.ts"
import { enqueuedEvents } from "../../src/store/tellEnqueued.ts"
import { job, jobId } from "./someJobs.ts"

it("the jobs that a call has added are told kind by kind, whatever a kind is called", () => {
  const jobs = [job(1), job(2), job(3), job(4, { kind: "__proto__" }), job(5, { kind: "constructor" })]
  const answers = jobs.map(({ id }) => ({ id, enqueued: id !== jobId(2), outcome: "enqueued" as const }))
  assert.deepStrictEqual(enqueuedEvents(jobs, answers), [
    JobEvent.Enqueued({ kind: "email", jobIds: [jobId(1), jobId(3)] }),
    JobEvent.Enqueued({ kind: "__proto__", jobIds: [jobId(4)] }),
    JobEvent.Enqueued({ kind: "constructor", jobIds: [jobId(5)] })
  ])
  assert.deepStrictEqual(enqueuedEvents([], []), [])
})
