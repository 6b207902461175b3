import type { Mutant } from "../Mutant.ts"
import { bySeed } from "../Mutant.ts"

/** Shows that the simulation sees what becomes of another program's rows with odd contents, and of the jobs beside them. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "In a fleet's odd rows, a failure cannot be added to errors that are not JSON",
    file: "src/store/dialect.ts",
    find: "CASE WHEN NOT json_valid(errors) THEN '[]' WHEN json_type",
    replace: "CASE WHEN json_type",
    killedBy: bySeed(24)
  },
  {
    name: "In a fleet's odd rows, a stale job whose budget was lowered below its failures goes on",
    file: "src/store/statements/stale.ts",
    find:
      "WHEN failures + 1 >= max_attempts THEN 'failed' ELSE 'pending' END,\n        finished_at = CASE WHEN ${over}",
    replace:
      "WHEN failures + 1 = max_attempts THEN 'failed' ELSE 'pending' END,\n        finished_at = CASE WHEN ${over}",
    also: [{
      file: "src/store/statements/stale.ts",
      find: "const over = sql`cancel_requested_at IS NOT NULL OR failures + 1 >= max_attempts`",
      replace: "const over = sql`cancel_requested_at IS NOT NULL OR failures + 1 = max_attempts`"
    }],
    killedBy: bySeed(6)
  },
  {
    name: "In a fleet's odd rows, an instant that no date holds stops the sweep that comes to it",
    file: "src/domain/instantText.ts",
    find: "Option.match(DateTime.make(millis), { onNone: () => `${millis} ms`, onSome: DateTime.formatIso })",
    replace:
      "Option.getOrElse(Option.map(DateTime.make(millis), DateTime.formatIso), () => new Date(millis).toISOString())",
    killedBy: bySeed(28)
  },
  {
    name: "In a fleet's odd rows, a look does not say that progress is unreadable",
    file: "src/store/statements/rows.ts",
    find: "[\"payload\", \"progress\", \"result\", \"lastErrorValue\"] as const).filter(",
    replace: "[\"payload\", \"result\", \"lastErrorValue\"] as const).filter(",
    killedBy: bySeed(39, 50)
  },
  {
    name: "In a fleet's odd rows, a look shows errors that are not failures",
    file: "src/store/statements/rows.ts",
    find: "errors: errors.filter(Predicate.isNotUndefined),",
    replace: "errors: errors.filter((one): one is JobFailure => one === undefined || Predicate.isNotUndefined(one)),",
    killedBy: bySeed(41, 50)
  }
]
