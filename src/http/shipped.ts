import { fileURLToPath } from "node:url"

/** The folder of the page, which the build makes. The path holds for the compiled file, and for the bundle that `start` runs. */
export const builtPage = fileURLToPath(new URL("../dashboard/", import.meta.url))
