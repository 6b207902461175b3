import { assert, describe, it } from "@effect/vitest"
import type { Row } from "./checks.ts"
import { checkEnd, checkJob } from "./checks.ts"
import { History } from "./history.ts"
import { aliveEvery } from "./jobs.ts"
import type { Note, Noted, Of, Write } from "./journal.ts"
import { makeTally, neverCame, resultOf } from "./report.ts"

const job = "a job"
const of = (attempt: number): Of => ({ job, attempt, worker: attempt === 1 ? "one" : "two" })

/** Notes of a process, at these milliseconds. */
type Story = ReadonlyArray<readonly [at: number, note: Note]>

const enqueued: Story = [[0, { note: "asked", job, script: "succeed", byHand: false }], [1, { note: "enqueued", job }]]

const claimed = (at: number, attempt: number): Story => [
  [at, { note: "claimed", sentAt: at - 1, until: at + 2_000, ...of(attempt) }],
  [at, { note: "began", ...of(attempt) }]
]

const ended = (at: number, attempt: number): Story => [[at, { note: "ended", how: "Success", ...of(attempt) }]]

const wrote = (at: number, attempt: number, write: Write, answer: object): Story => [
  [at, { note: "sent", call: at, write, ...of(attempt) }],
  [at + 1, { note: "answered", call: at, ...answer }]
]

const completed = (at: number, attempt: number) =>
  wrote(at, attempt, "complete", { accepted: true, status: "succeeded" })

const alive = (from: number, to: number): Story =>
  Array.from({ length: (to - from) / aliveEvery + 1 }, (_, turn) => [from + turn * aliveEvery, { note: "alive" }])

const succeeded: Row = {
  id: job,
  status: "succeeded",
  attempts: 1,
  failures: 0,
  max_attempts: 4,
  locked_by: null,
  settled_attempt: 1,
  settled_by: "one",
  settled_as: "complete",
  errors: "[]"
}

const unsettled = { settled_attempt: null, settled_by: null, settled_as: null }

const releasedAt = (at: number, row: Partial<Row>): Row => ({
  ...succeeded,
  failures: 1,
  errors: JSON.stringify([{ attempt: 1, worker: "one", at, message: "Released from stale lock (was locked by one)" }]),
  ...row
})

/** What is said of a job of which `one` and `two` have noted this, when its row is found like this at 10 s. */
const found = (
  one: Story,
  two: Story,
  row: Row | undefined,
  toldAt: (process: string) => number = () => Infinity
) => {
  const history = new History()
  const noted = (story: Story) => story.map(([at, note]): Noted => ({ ...note, at })).toSorted((a, b) => a.at - b.at)
  history.add("one", noted(one))
  history.add("two", noted(two))
  const counted = { lateSettlesRefused: 0, overlapsExcused: 0 }
  const known = { history, readAt: 10_000, epoch: 0, toldAt }
  const about = history.jobs.get(job)
  assert(about !== undefined)
  return { said: [...checkJob(about, row, known, counted)].join("\n"), counted }
}

const once = [...enqueued, ...alive(0, 9_000), ...claimed(100, 1), ...ended(200, 1), ...completed(201, 1)]

describe("the checks of a chaos run", () => {
  it("have nothing to say of a job that was run once and of one that another took over in time", () => {
    assert.strictEqual(found(once, [], succeeded).said, "")
    const killed = [...enqueued, ...alive(0, 300), ...claimed(100, 1)]
    const other = [...alive(0, 9_000), ...claimed(2_300, 2), ...ended(2_400, 2), ...completed(2_401, 2)]
    const row = releasedAt(2_200, { attempts: 2, settled_attempt: 2, settled_by: "two" })
    assert.strictEqual(found(killed, other, row, (process) => process === "one" ? 300 : Infinity).said, "")
  })

  it("miss a job that was acknowledged, and see one that nobody asked for", () => {
    assert.match(found(enqueued, [], undefined).said, /acknowledged, and it is not there/)
    assert.match(found(claimed(100, 1), [], { ...succeeded, ...unsettled }).said, /nobody had asked for it/)
  })

  it("see an attempt that was claimed twice, or after a later one", () => {
    assert.match(found([...once, ...claimed(300, 1)], [], succeeded).said, /claimed twice[\s\S]*begun twice/)
    const story = [...enqueued, ...claimed(500, 1)]
    assert.match(found(story, claimed(100, 2), { ...succeeded, attempts: 2 }).said, /2 was claimed before attempt 1/)
  })

  it("see a late write that was accepted, and count one that was refused", () => {
    const late = (answer: object) =>
      found(
        [...enqueued, ...claimed(100, 1), ...ended(200, 1), ...wrote(2_600, 1, "complete", answer)],
        [...claimed(2_500, 2), ...ended(2_600, 2), ...completed(2_700, 2)],
        releasedAt(2_400, { attempts: 2, settled_attempt: 2, settled_by: "two" })
      )
    assert.match(late({ accepted: true, status: "succeeded" }).said, /complete of attempt 1 was accepted, sent after/)
    assert.match(late({ accepted: true, status: "succeeded" }).said, /completed more than once/)
    const refused = late({ accepted: false })
    assert.strictEqual(refused.said, "")
    assert.strictEqual(refused.counted.lateSettlesRefused, 1)
  })

  it("let a settle be repeated whose answer was lost before the next attempt was claimed, and no other", () => {
    const repeated = (first: Story) =>
      found(
        [
          ...enqueued,
          ...claimed(100, 1),
          ...ended(200, 1),
          ...first,
          ...wrote(2_600, 1, "release", { accepted: true })
        ],
        [...claimed(2_500, 2), ...ended(2_600, 2), ...completed(2_700, 2)],
        { ...succeeded, attempts: 2, settled_attempt: 2, settled_by: "two" }
      ).said
    assert.strictEqual(repeated(wrote(300, 1, "release", { error: "locked" })), "")
    const late = /release of attempt 1 was accepted, sent after/
    assert.match(repeated([]), late)
    assert.match(repeated(wrote(300, 1, "release", { accepted: false })), late)
    assert.match(repeated(wrote(300, 1, "extend", { error: "locked" })), late)
    assert.match(repeated(wrote(2_550, 1, "release", { error: "locked" })), late)
  })

  it("see two handlers at once, and excuse a process that stood still past its deadline", () => {
    const overlap = (turns: Story) =>
      found(
        [...enqueued, ...turns, ...claimed(100, 1), ...ended(2_800, 1)],
        [...claimed(2_500, 2), ...ended(2_600, 2), ...completed(2_700, 2)],
        releasedAt(2_400, { attempts: 2, settled_attempt: 2, settled_by: "two" })
      )
    assert.match(overlap(alive(0, 2_800)).said, /attempts 1 and 2 overlapped: .* awake for [89]\d\d/)
    const stood = overlap([...alive(0, 1_000), ...alive(2_700, 2_800)])
    assert.strictEqual(stood.said, "")
    assert.strictEqual(stood.counted.overlapsExcused, 1)
  })

  it("see an end that was taken back, and one that its worker never asked for", () => {
    const pending = { ...succeeded, status: "pending", ...unsettled }
    assert.match(found(once, [], pending).said, /attempt 1 ended as succeeded, and the row says otherwise/)
    assert.match(
      found([...enqueued, ...claimed(100, 1)], [], succeeded).said,
      /complete of attempt 1 by one, which never sent that/
    )
  })

  it("see a lease that was released before it was over, or while its process did nothing to keep it", () => {
    const idle = [...enqueued, ...alive(0, 9_000), ...claimed(100, 1), ...ended(1_700, 1)]
    const other = [...claimed(2_300, 2), ...ended(2_400, 2), ...completed(2_401, 2)]
    const row = { attempts: 2, settled_attempt: 2, settled_by: "two" }
    assert.match(found(idle, other, releasedAt(2_050, row)).said, /released 50 ms before its lease was over/)
    assert.match(found(idle, other, releasedAt(2_200, row)).said, /never tried to extend its lease/)
    const tried = [...idle, ...wrote(600, 1, "extend", { error: "locked" })]
    assert.strictEqual(found(tried, other, releasedAt(2_200, row)).said, "")
  })

  it("see a failure that no script says, and one that nobody sent", () => {
    const failed = (message: string) => ({
      ...succeeded,
      failures: 1,
      errors: JSON.stringify([{ attempt: 1, worker: "one", at: 150, message }])
    })
    assert.match(found(once, [], failed("out of memory")).said, /failed with what no script says: out of memory/)
    assert.match(found(once, [], failed("scripted failure")).said, /attempt 1 failed by one, which never sent that/)
  })

  it("know which writes failed while a fault lasted, and which nobody accepted", () => {
    const history = new History()
    const story = [
      ...wrote(100, 1, "extend", { error: "disk is full" }),
      ...wrote(600, 1, "extend", { error: "locked" }),
      ...wrote(700, 1, "extend", { accepted: true }),
      ...wrote(800, 1, "complete", { accepted: false }),
      ...wrote(900, 1, "complete", {}).slice(0, 1)
    ]
    history.add("one", story.map(([at, note]): Noted => ({ ...note, at })))
    assert.deepStrictEqual(history.failedSince(500), ["locked"])
    assert.strictEqual(history.unacceptedSince(500), 3)
  })

  it("see a job that did not end, or ended as its script does not say", () => {
    const end = (script: "succeed" | "die", row: Partial<Row>) => {
      const history = new History()
      history.add("one", [{ note: "asked", job, script, byHand: false, at: 0 }])
      const about = history.jobs.get(job)
      assert(about !== undefined)
      return [...checkEnd(about, { ...succeeded, ...row })].join()
    }
    assert.strictEqual(end("succeed", {}), "")
    assert.match(end("succeed", { status: "running" }), /has not ended/)
    assert.match(end("die", {}), /succeeded, and its script is to die/)
    assert.match(end("succeed", { status: "failed", failures: 3 }), /failed with 3 of 4 failures/)
  })

  it("tell one long stand of a loop from many short ones", () => {
    const history = new History()
    const turns = [0, 100, 300, 500, 1_000, 1_100]
    history.add("one", turns.map((at): Noted => ({ note: "alive", at })))
    assert.strictEqual(history.stalled("one", 0, 1_100), 600)
    assert.strictEqual(history.longestStand("one", 0, 1_100), 400)
  })

  it("know what a full run has not brought about", () => {
    const nothing = resultOf(makeTally(), { seconds: 0, seed: 0, postgres: false })
    const ran = { ...nothing, terms: 1, lockHolds: 1, garbageFiles: 1, databasesGone: 1 }
    assert.deepStrictEqual(neverCame({ ...ran, lateSettlesRefused: 1, overlapsExcused: 1 }), [])
    assert.deepStrictEqual(neverCame({ ...ran, overlapsExcused: 1 }), ["late settles refused"])
    const life = { ...ran, lateSettlesRefused: 1, overlapsExcused: 1, systemCalls: 182 }
    assert.deepStrictEqual(neverCame({ ...life, systemCallKills: 150 }), [])
    assert.deepStrictEqual(neverCame({ ...life, systemCallKills: 140 }), ["system call kills"])
    const onPostgres = {
      ...life,
      postgres: true,
      systemCalls: 0,
      serverCrashes: 1,
      connectionsEnded: 1,
      answersLost: 1
    }
    assert.deepStrictEqual(neverCame(onPostgres), ["network cuts"])
  })
})
