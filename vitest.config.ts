import { defineConfig } from "vitest/config"

export default defineConfig({
  resolve: {
    // The first that fits is taken, and "holdfast" fits all that begins with it.
    alias: {
      "holdfast/testing": new URL("src/testing.ts", import.meta.url).pathname,
      holdfast: new URL("src/index.ts", import.meta.url).pathname
    }
  },
  test: {
    globalSetup: "test/globalSetup.ts",
    include: ["test/**/*.test.ts", "docs/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000
  }
})
