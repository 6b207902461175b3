import type { ParseResult } from "effect"
import { Array as Arr } from "effect"

const issues = (issue: ParseResult.ParseIssue, path: ReadonlyArray<PropertyKey>): ReadonlyArray<string> => {
  const at = path.length === 0 ? "the top" : path.map(String).join(".")
  switch (issue._tag) {
    case "Pointer":
      return issues(issue.issue, path.concat(issue.path))
    case "Composite":
      return Arr.ensure(issue.issues).flatMap((inner) => issues(inner, path))
    case "Refinement":
      return issue.kind === "From" ? issues(issue.issue, path) : [`${String(issue.ast)} at ${at}`]
    case "Transformation":
      return issue.kind === "Transformation" ? [`${String(issue.ast)} at ${at}`] : issues(issue.issue, path)
    case "Missing":
      return [`${String(issue.ast.type)} at ${at}, where nothing is`]
    case "Unexpected":
      return [`nothing at ${at}`]
    case "Type":
    case "Forbidden":
      return [`${String(issue.ast)} at ${at}`]
  }
}

/**
 * The first five mismatches, each with what the schema expected and the path, as
 * in "string at user.id". Unlike a ParseError's message it never shows the value, which
 * may be a secret.
 */
export const schemaIssues = (error: ParseResult.ParseError): string => {
  const all = [...new Set(issues(error.issue, []))]
  const shown = all.slice(0, 5).join("; ")
  return all.length > 5 ? `${shown}; and ${all.length - 5} more` : shown
}
