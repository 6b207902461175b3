import { defineConfig } from "vitest/config"

/**
 * Tests that start no other process and need nothing compiled. They leave
 * nothing behind, so that those of many files share a thread: loading Effect
 * for each file took longer than most of them run.
 */
const units = [
  "test/{domain,platform,store,runtime,testing,cli,mutants}/**/*.test.ts",
  "test/{architecture,proof,readme}.test.ts",
  "docs/**/*.test.ts"
]

/** What `pnpm check:package` runs: it installs the packed package, which takes minutes. */
const packed = ["test/package/**/*.test.ts"]

export default defineConfig({
  resolve: {
    // The first that fits is taken, and "holdfast" fits all that begins with it.
    alias: {
      "holdfast/define": new URL("src/define.ts", import.meta.url).pathname,
      "holdfast/sqlite": new URL("src/sqlite.ts", import.meta.url).pathname,
      "holdfast/testing": new URL("src/testing.ts", import.meta.url).pathname,
      holdfast: new URL("src/index.ts", import.meta.url).pathname
    }
  },
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    setupFiles: ["test/framesOnly.ts"],
    // Vitest would leave a core to itself, and of two it would use one.
    maxWorkers: "100%",
    // Of the whole run, since Vitest does not read it from a project.
    poolOptions: { threads: { isolate: false } },
    projects: [
      { extends: true, test: { name: "units", include: units, isolate: false, pool: "threads" } },
      {
        extends: true,
        test: {
          name: "processes",
          globalSetup: "test/globalSetup.ts",
          // They start processes, each of which takes seconds where a machine has much else to do.
          testTimeout: 180_000,
          include: ["test/**/*.test.ts"],
          exclude: [...units, ...packed]
        }
      },
      {
        extends: true,
        test: { name: "package", globalSetup: "test/package/globalSetup.ts", include: packed }
      }
    ]
  }
})
