import type { Mutant } from "../Mutant.ts"

const loss = "src/domain/jsonLoss.ts"
const safe = "src/domain/isJsonSafe.ts"
const same = "src/domain/sameJson.ts"
const backoff = "src/domain/Backoff.ts"
const jsonLoss = ["test/domain/jsonLoss.test.ts"]
const withoutPayload = ["test/runtime/withoutPayload.test.ts"]
const keysOfPayload = ["test/runtime/keysOfPayload.test.ts"]
const errorValue = ["test/runtime/errorValue.test.ts"]
const backoffs = ["test/domain/Backoff.test.ts"]

/** What JSON would make of values, and what a schedule makes of failures. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "Nothing is looked at for what JSON would make of it",
    file: "src/domain/wireValue.ts",
    find: "isSafe ? Option.none() : jsonLoss(",
    replace: "isSafe || !isSafe ? Option.none() : jsonLoss(",
    killedBy: [...jsonLoss, "test/runtime/changedValues.test.ts"]
  },
  {
    name: "A number that is not finite becomes null in silence",
    file: loss,
    find: "Number.isFinite(value) ?",
    replace: "typeof value === \"number\" ?",
    killedBy: jsonLoss
  },
  {
    name: "What has a class becomes an object without one in silence",
    file: loss,
    find: "if (!isPlain(value)) return",
    replace: "if (value instanceof Date) return",
    killedBy: jsonLoss
  },
  {
    name: "What has no prototype is refused",
    file: loss,
    find: "(prototype === null || Object.getPrototypeOf(prototype) === null)",
    replace: "(prototype !== null && Object.getPrototypeOf(prototype) === null)",
    killedBy: jsonLoss
  },
  {
    name: "A member under a symbol is lost in silence",
    file: loss,
    find: "&& Object.getOwnPropertySymbols(value).length === 0",
    replace: "",
    killedBy: jsonLoss
  },
  {
    name: "A hole in an array becomes null in silence",
    file: loss,
    find: "const loss = lossIn(items[index])",
    replace: "const loss = index in items ? lossIn(items[index]) : undefined",
    killedBy: jsonLoss
  },
  {
    name: "A member that is undefined is refused",
    file: loss,
    find: "if (member === undefined) continue",
    replace: "",
    killedBy: jsonLoss
  },
  {
    name: "Any number is taken for one that JSON can hold",
    file: safe,
    find: "case \"BooleanKeyword\":",
    replace: "case \"BooleanKeyword\":\n    case \"NumberKeyword\":",
    killedBy: jsonLoss
  },
  {
    name: "A number that is checked for anything is taken for finite",
    file: safe,
    find: "return isFinite(ast) || isSafe(ast.from, seen)",
    replace: "return true",
    killedBy: jsonLoss
  },
  {
    name: "A whole number is looked at each time",
    file: safe,
    find: "return isFinite(ast) || isSafe(ast.from, seen)",
    replace: "return isSafe(ast.from, within)",
    killedBy: jsonLoss
  },
  {
    name: "What may be undefined in an array is not looked at",
    file: safe,
    find: "every(({ type }) => !mayBeUndefined(type))",
    replace: "every(() => true)",
    killedBy: jsonLoss
  },
  {
    name: "A struct without members, which takes anything, is not looked at",
    file: safe,
    find: "return ast.propertySignatures.length + ast.indexSignatures.length > 0",
    replace: "return true",
    killedBy: jsonLoss
  },
  {
    name: "A struct that lets other members through is not looked at",
    file: safe,
    find: "if (Option.isSome(AST.getParseOptionsAnnotation(ast))) return false",
    replace: "",
    killedBy: jsonLoss
  },
  {
    name: "What was supposed of a schema within itself is kept for the truth",
    file: safe,
    find: "if (seen.size > mostParts) return false",
    replace: "if (seen.size > mostParts) return false\n  known.set(ast, true)",
    killedBy: jsonLoss
  },
  {
    name: "The look at a schema that makes itself anew never ends",
    file: safe,
    find: "if (seen.size > mostParts) return false",
    replace: "",
    killedBy: jsonLoss
  },
  {
    name: "JSON is the same only where its members are in the same order",
    file: "src/store/statements/enqueue.ts",
    find: "|| !isSameJson(one.payload, job.payload)",
    replace: "|| one.payload !== job.payload",
    killedBy: ["test/store/enqueue.test.ts"]
  },
  {
    name: "An id that is repeated in another order may be of another kind",
    file: "src/store/statements/enqueue.ts",
    find: "one.kind !== job.kind || one.partition_key",
    replace: "one.partition_key",
    killedBy: ["test/store/enqueue.test.ts"]
  },
  {
    name: "An id that is repeated in another order may be of another partition",
    file: "src/store/statements/enqueue.ts",
    find: "|| one.partition_key !== job.partitionKey",
    replace: "",
    killedBy: ["test/store/enqueue.test.ts"]
  },
  {
    name: "JSON is the same where one has a member more",
    file: same,
    find: "keys.length === Object.keys(other).length\n    && keys",
    replace: "keys",
    killedBy: jsonLoss
  },
  {
    name: "JSON is the same where a member is inherited",
    file: same,
    find: "Object.hasOwn(other, key) &&",
    replace: "",
    killedBy: jsonLoss
  },
  {
    name: "A backoff by calendar drifts off it from the second failure on",
    file: backoff,
    find: "{ state: before.state, instant: now }",
    replace: "{ state: ahead.state, instant: ahead.instant }",
    also: [{
      file: backoff,
      find: "Duration.millis(instant - now))",
      replace: "Duration.millis(instant - ahead.instant))"
    }],
    killedBy: backoffs
  },
  {
    name: "A backoff that measures time begins anew at each failure",
    file: backoff,
    find: "now - (ahead.instant - now), now)",
    replace: "now, now)",
    killedBy: backoffs
  },
  {
    name: "A backoff by calendar is replayed past the failure that it is asked for",
    file: backoff,
    find: "Math.min(progress.instant, latest)",
    replace: "progress.instant",
    killedBy: backoffs
  },
  {
    name: "A job without a payload stores null, which no struct of a later release decodes",
    file: "src/domain/NoPayload.ts",
    find: "encode: () => ({})",
    replace: "encode: () => null",
    killedBy: withoutPayload
  },
  {
    name: "The options of a job without a payload are taken for its payload",
    file: "src/domain/NoPayload.ts",
    find: "[undefined, second ?? first as More | undefined]",
    replace: "[undefined, second]",
    killedBy: withoutPayload
  },
  {
    name: "The key of a definition goes before the one that an enqueue names",
    file: "src/runtime/newJob.ts",
    find: "Option.isSome(named) || Option.isNone(job[field])",
    replace: "Option.isNone(job[field])",
    killedBy: keysOfPayload
  },
  {
    name: "The key of a definition is not looked at",
    file: "src/runtime/newJob.ts",
    find: "name === undefined ? Either.right(null) : checkField(kind, field, Name, name)",
    replace: "Either.right(name ?? null)",
    killedBy: keysOfPayload
  },
  {
    name: "An encoded error may be of any length",
    file: "src/domain/errorValue.ts",
    find: "Option.filter((json) => Buffer.byteLength(json) <= maxErrorBytes)",
    replace: "Option.filter((json) => json.length > 0)",
    killedBy: errorValue
  },
  {
    name: "After a stale release a job shows the encoded error of the failure before",
    file: "src/store/SqlJobStore.ts",
    find: "last_error = ${message}, last_error_value = NULL,",
    replace: "last_error = ${message},",
    killedBy: errorValue
  }
]
