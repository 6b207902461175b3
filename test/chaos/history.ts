import type { Script } from "./jobs.ts"
import { aliveEvery } from "./jobs.ts"
import type { Noted, Of, Write } from "./journal.ts"

/** A claim that was answered. Instants without another word are monotonic milliseconds. */
export interface Claim extends Of {
  readonly process: string
  readonly sentAt: number
  readonly at: number
}

/** One run of a handler. */
export interface Run extends Of {
  readonly process: string
  readonly began: number
  /** None while it runs, and for ever when its process was killed in it. */
  ended: number | undefined
}

/** A write under a lease. */
export interface LeaseWrite extends Of {
  readonly process: string
  readonly write: Write
  readonly sentAt: number
  answer:
    | { readonly at: number; readonly accepted?: boolean; readonly status?: string; readonly error?: string }
    | undefined
}

/** What is known of one job from the journals. */
export interface JobHistory {
  readonly job: string
  /** What it was to do, and whether by hand. None as long as only others have spoken of it. */
  asked: { readonly script: Script; readonly byHand: boolean; readonly process: string } | undefined
  /** When its enqueue was answered. */
  acknowledged: number | undefined
  readonly claims: Array<Claim>
  readonly runs: Array<Run>
  readonly writes: Array<LeaseWrite>
  /** The lease's end in epoch milliseconds, as the last answer of each attempt said. */
  readonly leasedUntil: Map<number, number>
}

/** What all workers have noted, by job. */
export class History {
  readonly jobs = new Map<string, JobHistory>()
  /** When the event loop of each process turned. */
  private readonly turns = new Map<string, Array<number>>()
  private readonly open = new Map<string, LeaseWrite>()
  /** Jobs of the pages before, which are gone. Somebody who was slow may still speak of them. */
  private readonly past = new Set<string>()
  /** When each process last noted a thing. */
  private readonly latest = new Map<string, number>()

  /** Takes in what a process has noted. */
  add(process: string, notes: ReadonlyArray<Noted>): void {
    for (const note of notes) {
      this.latest.set(`${process} ${note.note}`, note.at)
      switch (note.note) {
        case "alive":
        case "up": {
          const turns = this.turns.get(process)
          if (turns === undefined) this.turns.set(process, [note.at])
          else turns.push(note.at)
          break
        }
        case "resting":
        case "over":
          break
        case "asked":
          this.of(note.job, (job) => void (job.asked = { ...note, process }))
          break
        case "enqueued":
          this.of(note.job, (job) => void (job.acknowledged = note.at))
          break
        case "claimed":
          this.of(note.job, (job) => {
            job.claims.push({ ...note, process })
            job.leasedUntil.set(note.attempt, note.until)
          })
          break
        case "began":
          this.of(note.job, (job) => void job.runs.push({ ...note, process, began: note.at, ended: undefined }))
          break
        case "ended":
          this.of(note.job, (job) => {
            const run = job.runs.find(({ attempt, ended, worker }) =>
              attempt === note.attempt && worker === note.worker && ended === undefined
            )
            if (run !== undefined) run.ended = note.at
          })
          break
        case "sent":
          this.of(note.job, (job) => {
            const write: LeaseWrite = { ...note, process, sentAt: note.at, answer: undefined }
            job.writes.push(write)
            this.open.set(`${process} ${note.call}`, write)
          })
          break
        case "answered": {
          const write = this.open.get(`${process} ${note.call}`)
          if (write === undefined) break
          this.open.delete(`${process} ${note.call}`)
          write.answer = note
          if (note.until !== undefined) this.jobs.get(write.job)?.leasedUntil.set(write.attempt, note.until)
          break
        }
      }
    }
  }

  private of(job: string, use: (history: JobHistory) => void): void {
    if (this.past.has(job)) return
    const found = this.jobs.get(job) ?? {
      job,
      asked: undefined,
      acknowledged: undefined,
      claims: [],
      runs: [],
      writes: [],
      leasedUntil: new Map()
    }
    this.jobs.set(job, found)
    use(found)
  }

  /** What writes under a lease that were sent since then failed with. */
  failedSince(since: number): ReadonlyArray<string> {
    return [...this.jobs.values()].flatMap(({ writes }) =>
      writes.flatMap(({ answer, sentAt }) => sentAt < since || answer?.error === undefined ? [] : [answer.error])
    )
  }

  /** How many writes under a lease that were sent since then were not accepted: failed, refused or never answered. */
  unacceptedSince(since: number): number {
    return [...this.jobs.values()].flatMap(({ writes }) =>
      writes.filter(({ answer, sentAt }) => sentAt >= since && answer?.accepted !== true)
    ).length
  }

  /** When a process last noted something of this kind; long ago if never. */
  lastNoted(process: string, note: Noted["note"]): number {
    return this.latest.get(`${process} ${note}`) ?? -Infinity
  }

  /**
   * For how much of a span the event loop of a process stood still, because it
   * was stopped, or starved by the machine, or blocked: the gaps between its
   * turns, less what lies between two turns anyway. After its last turn it stands.
   */
  stalled(process: string, from: number, to: number): number {
    return this.stands(process, from, to).reduce((sum, one) => sum + one, 0)
  }

  /** The longest of them. */
  longestStand(process: string, from: number, to: number): number {
    return Math.max(0, ...this.stands(process, from, to))
  }

  private stands(process: string, from: number, to: number): ReadonlyArray<number> {
    const turns = this.turns.get(process) ?? []
    const stands: Array<number> = []
    let before = -Infinity
    for (const turn of [...turns, Infinity]) {
      if (turn > from && before < to && turn - before > aliveEvery) {
        // It was due at `before + aliveEvery`, and stood from then on.
        stands.push(Math.max(0, Math.min(turn, to) - Math.max(before + aliveEvery, from)))
      }
      before = turn
    }
    return stands
  }

  /** The longest stand between two turns of any process, less what it was stopped for. */
  longestStall(stoppedFor: (process: string, from: number, to: number) => number): number {
    let longest = 0
    for (const [process, turns] of this.turns) {
      turns.forEach((turn, index) => {
        const before = turns[index - 1]
        if (before !== undefined) longest = Math.max(longest, turn - before - stoppedFor(process, before, turn))
      })
    }
    return longest
  }

  /** Forgets jobs that have ended and were checked, and turns of long ago. */
  turnThePage(before: number): void {
    for (const job of this.jobs.keys()) this.past.add(job)
    this.jobs.clear()
    this.open.clear()
    for (const [process, turns] of this.turns) {
      const kept = turns.filter((turn) => turn >= before)
      if (kept.length === 0) this.turns.delete(process)
      else this.turns.set(process, kept)
    }
  }
}
