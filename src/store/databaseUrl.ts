import { Either, Redacted } from "effect"

/** The database that a URL names. */
export type DatabaseUrl =
  | { readonly database: "sqlite"; readonly filename: string }
  /** The name is the URL without user, password and parameters. */
  | { readonly database: "postgresql"; readonly url: Redacted.Redacted; readonly name: string }

const allowed = "sqlite:<path of a file>, sqlite:///<absolute path>, sqlite::memory: "
  + "or postgres://<user>:<password>@<host>:<port>/<database>"

/** The name of a database for a person to read. */
export const nameOf = (named: DatabaseUrl): string => named.database === "sqlite" ? named.filename : named.name

/** The part of a URL that is wrong, in words, and the URLs that are understood. */
export interface RefusedUrl {
  readonly given: string
  readonly allowed: string
}

/** A refusal as a sentence. */
export const refusalText = ({ allowed, given }: RefusedUrl): string => `${given} is not supported; write ${allowed}`

/**
 * Reads the URL of a database. A refusal repeats only the scheme and the names of
 * parameters: the rest can hold a password.
 */
export const readDatabaseUrl = (text: string): Either.Either<DatabaseUrl, RefusedUrl> => {
  const [, scheme] = /^([a-z][a-z0-9+.-]*):/i.exec(text) ?? []
  switch (scheme) {
    case undefined:
      return refused("a URL without a scheme")
    case "sqlite":
      return Either.map(sqliteFile(text.slice("sqlite:".length)), (filename) => ({ database: "sqlite", filename }))
    case "postgres":
    case "postgresql":
      return Either.map(postgresUrl(text), ({ host, pathname }) => ({
        database: "postgresql",
        url: Redacted.make(text),
        name: `postgres://${host}${pathname}`
      }))
    default:
      return refused(`the scheme "${scheme}"`)
  }
}

const refused = (given: string, instead = allowed) => Either.left({ given, allowed: instead })

const sqliteFile = (path: string): Either.Either<string, RefusedUrl> => {
  if (path === ":memory:") return Either.right(path)
  if (path === "") return refused("sqlite: without a path")
  if (path.includes("?")) return refused("sqlite: with a query (?)")
  if (/^~(?:\/|$)/.test(path)) return refused("sqlite:~, which only a shell takes for the home folder")
  if (path.startsWith("file:")) return refused("sqlite:file:")
  if (path.startsWith(":")) return refused("sqlite:: with another name than :memory:")
  // In a URL the first word after two slashes is a host; people mean a folder by it, or leave a slash out.
  if (/^\/\/(?!\/[^/])/.test(path)) return refused("sqlite: with two slashes or more than three")
  return Either.right(path.replace(/^\/{3}/, "/"))
}

const tlsModes = ["disable", "no-verify", "prefer", "require", "verify-ca", "verify-full"]

/** A mode that is misspelt would mean another one to the driver. */
const postgresUrl = (text: string): Either.Either<URL, RefusedUrl> => {
  if (!/^postgres(?:ql)?:\/\//.test(text)) return refused("postgres: without two slashes")
  const url = urlOf(text)
  // An @ in the path is what is left of a password that is not encoded.
  if (url === undefined || url.pathname.includes("@")) {
    return refused(
      "a postgres: URL that cannot be read",
      "a user and a password in which every character but letters, digits, - . _ and ~ is percent-encoded"
    )
  }
  return url.searchParams.getAll("sslmode").every((mode) => tlsModes.includes(mode))
    ? Either.right(url)
    : refused("postgres: with another sslmode", tlsModes.join(", "))
}

/** A user may stand before no host, as in `postgres://me@/app?host=/var/run/postgresql`. The driver reads it in the same way. */
export const urlOf = (text: string): URL | undefined => {
  if (URL.canParse(text)) return new URL(text)
  const withHost = text.replace("@/", "@localhost/")
  return URL.canParse(withHost) ? new URL(withHost) : undefined
}
