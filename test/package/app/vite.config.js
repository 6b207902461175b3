/** Everything in one file but the native driver, in the format that `--mode` names. */
export default ({ mode }) => ({
  logLevel: "warn",
  ssr: { noExternal: true, external: ["better-sqlite3"] },
  build: {
    ssr: "main.ts",
    outDir: `vite-${mode}`,
    target: "node20",
    rollupOptions: {
      output: { format: mode, entryFileNames: mode === "cjs" ? "[name].cjs" : "[name].mjs" }
    }
  }
})
