import type { PCGRandom } from "effect/Utils"
import { pick } from "./faults.ts"
import { foreignKind } from "./jobs.ts"
import type { Planned } from "./plan.ts"

/**
 * A job that another program writes: in front of all, held by somebody else, or
 * long finished. Each of its columns may hold what the table allows and Holdfast
 * would never write.
 */
export const foreignRow = (random: PCGRandom, { millis, name }: Planned, now: number) => {
  const odd = <A, B>(usual: A, ...some: readonly [B, ...ReadonlyArray<B>]): A | B =>
    random.number() < 0.7 ? usual : pick(random, some)
  const id = pick(random, [name, `00000000-${name}`, `zz"'%_é ${name}`])
  const status = pick(random, ["pending", "running", "succeeded"])
  const isHeld = status === "running"
  const isOver = status === "succeeded"
  const hasFailedTooOften = odd(false, true)
  const failures = hasFailedTooOften ? 2 : 0
  const lastErrorValue = odd(null, "boom")
  return {
    id,
    queue: "default",
    kind: foreignKind,
    // SQLite takes the last for JSON, since it reads up to the NUL.
    payload: odd(`{"by": "an app"}`, "null", `"text"`, `{}\0boom`),
    status,
    priority: 1000,
    attempts: failures + (isHeld ? 1 : 0),
    failures,
    max_attempts: hasFailedTooOften ? 1 : 2,
    available_at: now - 3_600_000,
    locked_at: isHeld ? odd(now, 9e15) : null,
    locked_by: isHeld ? "somebody else" : null,
    locked_until: isHeld ? now + millis : null,
    progress: odd(null, "boom"),
    result: isOver ? odd("null", "boom") : null,
    last_error: lastErrorValue,
    last_error_value: lastErrorValue,
    errors: odd("[]", "boom", "{}", `[1,{"attempt":1}]`),
    created_at: now,
    updated_at: now,
    finished_at: isOver ? now - 30 * 24 * 3_600_000 : null
  }
}
