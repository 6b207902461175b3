import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import { promisify } from "node:util"

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { readonly version: string }

/** The package as it was packed for these tests. */
export const tarball = resolve(`.build/holdfast-${version}.tgz`)

/** The native driver in its package, as it is built for the Node that runs the tests. */
export const addon = "build/Release/better_sqlite3.node"

/** What a program prints. One that fails is an error with all that it has said. */
export const run = async (
  file: string,
  args: ReadonlyArray<string>,
  cwd: string,
  environment: Readonly<Record<string, string>> = {}
): Promise<string> => {
  try {
    const options = { cwd, env: { ...process.env, ...environment }, maxBuffer: 16 * 1024 * 1024 }
    return (await promisify(execFile)(file, [...args], options)).stdout
  } catch (error) {
    const { stderr, stdout } = error as { readonly stdout?: string; readonly stderr?: string }
    throw new Error([file, ...args, "\n", stdout, stderr].join(" "), { cause: error })
  }
}
