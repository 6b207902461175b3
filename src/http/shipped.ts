import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"

/*
 * What the package ships beside its code. Both paths hold for the compiled file,
 * and for the bundle that `start` runs.
 */

/** The version of Holdfast. */
export const { version } = createRequire(import.meta.url)("../../package.json") as { readonly version: string }

/** The folder of the page, which the build makes. */
export const builtPage = fileURLToPath(new URL("../dashboard/", import.meta.url))
