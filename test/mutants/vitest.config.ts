import { defineConfig } from "vitest/config"
import project from "../../vitest.config.ts"

const root = new URL("../..", import.meta.url).pathname

/** The tests that need no other process, so that nothing is compiled first, and a test that hangs is soon given up. */
export default defineConfig({
  root,
  cacheDir: `${root}.build/vite`,
  resolve: project.resolve ?? {},
  test: {
    // Loading Effect anew for each file of tests took most of the time, and no mutant changes what is computed as a file is loaded.
    isolate: false,
    poolOptions: { threads: { isolate: false }, forks: { isolate: false } },
    include: ["test/{domain,platform,store,runtime}/**/*.test.ts"],
    // A test that loads the package anew would count as one of all that is computed as a file is loaded.
    testNamePattern: /^(?!.*second copy)/,
    setupFiles: ["test/setup/quickYields.ts"],
    testTimeout: 10_000,
    hookTimeout: 10_000
  }
})
