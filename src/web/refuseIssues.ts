import { InvalidRequest } from "./refusals.ts"
import type { Issue } from "./refusals.ts"

/** An issue as a schema reports it. */
export interface RawIssue {
  readonly path: ReadonlyArray<PropertyKey>
  readonly message: string
}

/**
 * The refusal that names each wrong member once, with what is allowed there.
 *
 * A union reports an issue for each of its parts. An issue deeper inside replaces those around it, and the expected
 * types of one path become one list. Long values are shortened.
 */
export const refuseIssues = (issues: ReadonlyArray<RawIssue>): InvalidRequest => {
  const paths = new Map<string, Array<string>>()
  const parents = new Set<string>()
  for (const { message, path } of issues) {
    const at = path.map(String).join(".")
    paths.set(at, [...paths.get(at) ?? [], message])
    for (let length = 1; length < path.length; length++) parents.add(path.slice(0, length).map(String).join("."))
  }
  return new InvalidRequest({
    issues: [...paths].filter(([path]) => !parents.has(path)).slice(0, 50).map(([path, messages]): Issue => ({
      path: path.slice(0, 200),
      message: shortened(oneMessage(messages))
    }))
  })
}

const oneMessage = (messages: ReadonlyArray<string>) => {
  const parts = messages.flatMap((message) => {
    const [, expected, actual] = /^Expected (.*?), actual (.*)$/s.exec(message) ?? []
    return expected === undefined || actual === undefined ? [] : [{ expected, actual }]
  })
  const [first] = parts
  return first === undefined || parts.length < messages.length
    ? messages[0] ?? ""
    : `expected ${[...new Set(parts.map(({ expected }) => expected))].join(" or ")}, got ${first.actual}`
}

const shortened = (text: string) => text.length > 700 ? `${text.slice(0, 500)}…${text.slice(-150)}` : text
