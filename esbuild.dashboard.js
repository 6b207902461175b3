import { build } from "esbuild"
import { copyFileSync, mkdirSync } from "node:fs"

/** What browsers of the last two years run: the style sheet uses light-dark() and :has(). */
const target = ["chrome123", "firefox121", "safari17.5"]

/**
 * Makes the page that the HTTP server serves: one script with all that it imports, one style sheet and the document that
 * names them. They are files of their own, so that the page runs under a policy without inline code.
 */
export const buildDashboard = async (outdir) => {
  mkdirSync(outdir, { recursive: true })
  const shared = { outdir, bundle: true, minify: true, target, logLevel: "warning" }
  await build({
    ...shared,
    entryPoints: { app: "src/dashboard/app.tsx" },
    format: "esm",
    platform: "browser",
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none"
  })
  await build({ ...shared, entryPoints: { app: "src/dashboard/app.css" } })
  copyFileSync("src/dashboard/index.html", `${outdir}/index.html`)
}
