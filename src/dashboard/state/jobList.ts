import type { JobPage, JobSummary } from "../api/wire.ts"

/** The place where a page begins. */
export interface Mark {
  /** The cursor of the page; null for the newest jobs. */
  readonly cursor: string | null
  /** The last job before it; null if there is none. */
  readonly after: string | null
}

/** The jobs of a list that are loaded, newest first, without gaps. */
export interface JobList {
  readonly jobs: ReadonlyArray<JobSummary>
  /** The mark of each page that was loaded, and at the end that of the next page. */
  readonly marks: ReadonlyArray<Mark>
  /** True if the last job that is loaded is the last one there is. */
  readonly isWhole: boolean
  /** The number of empty pages in a row at the end. */
  readonly emptyPages: number
}

const first: Mark = { cursor: null, after: null }

export const emptyList: JobList = { jobs: [], marks: [first], isWhole: false, emptyPages: 0 }

/** The mark of the next page. */
export const nextMark = (list: JobList): Mark => list.marks.at(-1) ?? first

/** The last page that begins at or before the job in this place. */
export const markBefore = (list: JobList, index: number): Mark => {
  const places = new Map(list.jobs.map(({ id }, place) => [id, place]))
  let found = first
  for (const mark of list.marks) {
    const place = mark.after === null ? -1 : places.get(mark.after)
    if (place !== undefined && place < index) found = mark
  }
  return found
}

/** Adds the page that begins at `nextMark`. */
export const addPage = (list: JobList, { cursor, jobs }: JobPage): JobList => {
  const known = new Set(list.jobs.map(({ id }) => id))
  const all = [...list.jobs, ...jobs.filter(({ id }) => !known.has(id))]
  return {
    jobs: all,
    marks: cursor === null ? list.marks : [...list.marks, { cursor, after: all.at(-1)?.id ?? null }],
    isWhole: cursor === null,
    emptyPages: jobs.length === 0 ? list.emptyPages + 1 : 0
  }
}

/** A page, and where it was loaded from. */
export interface Loaded {
  readonly mark: Mark
  readonly page: JobPage
}

/**
 * Loads the pages again that hold the jobs from `start` to before `end`. A page begins where it was loaded from and may be
 * short or empty, so these may be on several.
 */
export const loadShown = async (
  list: JobList,
  { end, start }: { readonly start: number; readonly end: number },
  ask: (cursor: string | null) => Promise<JobPage>
): Promise<ReadonlyArray<Loaded>> => {
  const lastShown = list.jobs[Math.min(end, list.jobs.length) - 1]?.id
  const pages: Array<Loaded> = []
  let mark: Mark | null = markBefore(list, start)
  while (mark !== null) {
    const page: JobPage = await ask(mark.cursor)
    pages.push({ mark, page })
    const last: string | null = page.jobs.at(-1)?.id ?? mark.after
    const isCovered: boolean = lastShown === undefined || (last !== null && last <= lastShown)
    mark = page.cursor === null || isCovered ? null : { cursor: page.cursor, after: last }
  }
  return pages
}

/**
 * Takes in a page that was loaded again from `mark`. It tells all about the jobs from there to its last one, so those
 * that it does not have are gone. Where more jobs were added before the first that is loaded than a page holds, the
 * rest is given up, since a gap would be between them.
 */
export const refreshPage = (list: JobList, mark: Mark, page: JobPage): JobList => {
  const begin = mark.after === null ? 0 : list.jobs.findIndex(({ id }) => id === mark.after) + 1
  // The job before it is gone, so nobody knows where the page belongs.
  if (mark.after !== null && begin === 0) return list
  const before = list.jobs.slice(0, begin)
  const rest = list.jobs.slice(begin)
  const last = page.jobs.at(-1)
  if (page.cursor === null) {
    return { jobs: [...before, ...page.jobs], marks: marksIn(list, before), isWhole: true, emptyPages: 0 }
  }
  // A short page may end anywhere.
  if (last === undefined) return list
  const end = rest.findIndex(({ id }) => id <= last.id)
  if (rest[0] !== undefined && rest[0].id < last.id) {
    return {
      jobs: [...before, ...page.jobs],
      marks: [...marksIn(list, before), { cursor: page.cursor, after: last.id }],
      isWhole: false,
      emptyPages: 0
    }
  }
  const following = end === -1 ? [] : rest.slice(end).filter(({ id }) => id !== last.id)
  const jobs = [...before, ...page.jobs, ...following]
  // It ends with the last job of all: the empty pages behind that are still there. The first of the marks was its own end.
  const empty = rest.at(-1)?.id === last.id ? list.marks.filter(({ after }) => after === last.id).slice(1) : []
  const isBefore = following.length > 0 || empty.length > 0
  // Another begins at the end of each, so that every part of the list can be loaded again.
  const marks = [
    ...marksIn(list, before),
    { cursor: page.cursor, after: last.id },
    ...marksAfter(list, following),
    ...empty
  ]
  return { jobs, marks, isWhole: list.isWhole && isBefore, emptyPages: isBefore ? list.emptyPages : 0 }
}

/** The marks that are still before the page. */
const marksIn = (list: JobList, before: ReadonlyArray<JobSummary>): ReadonlyArray<Mark> => {
  const ids = new Set(before.map(({ id }) => id))
  return list.marks.filter(({ after }) => after === null || ids.has(after))
}

/** The marks behind the page. */
const marksAfter = (list: JobList, following: ReadonlyArray<JobSummary>): ReadonlyArray<Mark> => {
  const ids = new Set(following.map(({ id }) => id))
  return list.marks.filter(({ after }) => after !== null && ids.has(after))
}
