import { isPrivate } from "../domain/secrets.ts"
import type { Output } from "./output.ts"

/**
 * An output that shows no password of these arguments. @effect/cli repeats an
 * argument that it does not understand, and that can be the URL of a database.
 */
export const withoutPasswords = (args: ReadonlyArray<string>, output: Output): Output => {
  const secrets = args.flatMap(secretsIn)
  if (secrets.length === 0) return output
  return {
    isTTY: output.isTTY === true,
    get columns() {
      return output.columns ?? 0
    },
    hasColors: () => output.hasColors?.() !== false,
    write: (text) => output.write(secrets.reduce((shown, secret) => shown.replaceAll(secret, "…"), text))
  }
}

/**
 * The user with a password of a URL, and the values of its parameters that are
 * secret by their names. A password that is not encoded may hold any character, so
 * all up to the last @ belongs to it.
 */
const secretsIn = (argument: string): ReadonlyArray<string> => {
  const [, rest] = /:\/\/(.*)$/s.exec(argument) ?? []
  if (rest === undefined) return []
  const user = rest.slice(0, Math.max(0, rest.lastIndexOf("@")))
  const parameters = [...rest.matchAll(/[?&]([^=&]+)=([^&]+)/g)]
  return [
    ...(user.includes(":") ? [user] : []),
    ...parameters.flatMap(([, name = "", value = ""]) => isPrivate(name) ? [value] : [])
  ]
}
