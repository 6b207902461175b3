import { defineConfig } from "vitest/config"

export default defineConfig({
  resolve: { alias: { holdfast: new URL("src/index.ts", import.meta.url).pathname } },
  test: {
    globalSetup: "test/globalSetup.ts",
    include: ["test/**/*.test.ts", "docs/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000
  }
})
