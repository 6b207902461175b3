import { readFileSync, writeFileSync } from "node:fs"

/*
 * Leaves in a copy of package.json the packages that dist/start loads and does not
 * have inside: what esbuild.config.js names as external there.
 */
const outside = ["better-sqlite3", "pg", "apify-client", "compromise", "stopword", "tinyld"]

const { devDependencies, name, version } = JSON.parse(readFileSync("package.json", "utf8"))
const dependencies = Object.fromEntries(outside.map((each) => [each, devDependencies[each]]))
writeFileSync("package.json", JSON.stringify({ name, version, private: true, type: "module", dependencies }, null, 2))
