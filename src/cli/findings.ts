import { oneLine } from "./readable.ts"
import type { Room } from "./table.ts"

/** The severity of a finding. */
export type Verdict = "ok" | "warning" | "problem"

/** The answer of one check. */
export interface Finding {
  /** A word for the thing checked. */
  readonly check: string
  readonly verdict: Verdict
  /** One sentence without its full stop. */
  readonly says: string
  /** The next step; null if the verdict is ok. */
  readonly todo: string | null
}

export const ok = (check: string, says: string): Finding => ({ check, verdict: "ok", says, todo: null })

export const warning = (check: string, says: string, todo: string): Finding => ({
  check,
  verdict: "warning",
  says,
  todo
})

export const problem = (check: string, says: string, todo: string): Finding => ({
  check,
  verdict: "problem",
  says,
  todo
})

/** The worst verdict of all. */
export const worst = (findings: ReadonlyArray<Finding>): Verdict =>
  (["problem", "warning"] as const).find((bad) => findings.some(({ verdict }) => verdict === bad)) ?? "ok"

const colours = { ok: "32", warning: "33", problem: "31" } as const

/** A line for each finding, with its next step below, and the count of those that are not ok. */
export const describeFindings = (
  findings: ReadonlyArray<Finding>,
  { isColoured }: Pick<Room, "isColoured">
): string => {
  const width = Math.max(...findings.map(({ check }) => check.length))
  const paint = (code: string, text: string) => isColoured ? `\u001b[${code}m${text}\u001b[0m` : text
  const count = (verdict: Verdict) => findings.filter((each) => each.verdict === verdict).length
  const counted = (["problem", "warning"] as const).flatMap((verdict) =>
    count(verdict) === 0 ? [] : [`${count(verdict)} ${verdict}${count(verdict) === 1 ? "" : "s"}`]
  )
  return [
    ...findings.flatMap(({ check, says, todo, verdict }) => [
      `${paint(colours[verdict], verdict.padEnd("problem".length))}  ${check.padEnd(width)}  ${oneLine(says)}`,
      ...(todo === null ? [] : [`${" ".repeat("problem".length + width + 4)}${oneLine(todo)}`])
    ]),
    "",
    counted.length === 0 ? "Nothing is wrong." : `Found ${counted.join(" and ")}.`
  ].join("\n")
}
