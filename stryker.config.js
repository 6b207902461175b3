/*
 * `pnpm stryker`: changes one expression of src/domain and src/runtime at a time
 * and runs the tests that come past it. Less than 90 % noticed is a failure.
 * Hours on a small machine; `pnpm stryker --mutate src/domain/Backoff.ts` looks
 * at one file, and what was measured before is remembered in .build.
 */

export default {
  mutate: ["src/domain/**/*.ts", "src/runtime/**/*.ts"],
  plugins: ["@stryker-mutator/vitest-runner", "./test/mutants/ignoreTexts.js"],
  testRunner: "vitest",
  // Without the tests that start processes of the compiled program, which no mutant gets into.
  vitest: { configFile: "test/mutants/vitest.config.ts" },
  // It would rewrite tsconfig.json with an API that TypeScript 7 no longer has; the tests do not read that file.
  tsconfigFile: "none",
  coverageAnalysis: "perTest",
  // What the log, the metrics and the traces are called is told to people: a test of each would repeat it.
  ignorers: ["texts"],
  // What is computed when a file is loaded, as a schema is, would take every test for each change.
  ignoreStatic: true,
  // A mutant may wait for what never comes, under a clock that tests move.
  timeoutMS: 10_000,
  concurrency: 1,
  incremental: true,
  incrementalFile: ".build/stryker/incremental.json",
  tempDirName: ".build/stryker/tree",
  jsonReporter: { fileName: ".build/stryker/report.json" },
  htmlReporter: { fileName: ".build/stryker/report.html" },
  reporters: ["progress-append-only", "clear-text", "html", "json"],
  clearTextReporter: { reportTests: false, allowColor: false },
  thresholds: { high: 95, low: 90, break: 90 },
  ignorePatterns: [".build", "dist", "data"]
}
