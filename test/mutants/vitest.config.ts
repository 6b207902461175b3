import { defineConfig } from "vitest/config"

const root = new URL("../..", import.meta.url).pathname

/** The tests that need no other process, so that nothing is compiled first, and a test that hangs is soon given up. */
export default defineConfig({
  root,
  cacheDir: `${root}.build/vite`,
  resolve: { alias: { holdfast: `${root}src/index.ts` } },
  test: {
    include: ["test/{domain,platform,store,runtime}/**/*.test.ts"],
    testTimeout: 10_000,
    hookTimeout: 10_000
  }
})
