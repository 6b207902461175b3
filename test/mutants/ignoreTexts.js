/** Calls whose arguments are for people to read. */
const told = /^(?:Effect\.(?:log\w*|annotateLogs|annotateCurrentSpan|withSpan|fn)|Metric\.\w+|MetricBoundaries\.\w+)$/

/** @param {import("@babel/core").NodePath} path */
const calleeOf = (path) => path.parentPath?.isCallExpression() === true ? path.parentPath.get("callee").toString() : ""

/** @param {import("@babel/core").NodePath} path */
const isText = (path) => path.isStringLiteral() || path.isTemplateLiteral()

/** @param {import("@babel/core").NodePath} path */
const isDiscard = (path) => path.isObjectExpression() && /^\{\s*discard: true\s*\}$/.test(path.toString())

/**
 * A plugin of Stryker's: leaves alone the texts of the log, the metrics and the
 * traces, and nothing else of those calls; and `discard`, which keeps results
 * that nobody reads, and changes nothing that anybody could.
 */
export const strykerPlugins = [{
  kind: "Ignore",
  name: "texts",
  value: {
    shouldIgnore: (path) =>
      isText(path) && told.test(calleeOf(path))
        ? "a text for people"
        : isDiscard(path)
        ? "a result that nobody reads"
        : undefined
  }
}]
