/*
 * Secrets that an error may hold and that must not stand in a job's row or a log,
 * known by name and by shape. No list knows every secret, so apps wrap theirs in
 * `Redacted`.
 */

/** Words of a name whose value is a secret, wherever in it they stand. */
const secretWords = new Set(
  ("auth authentication authorization bearer cookie cookies credential credentials csrf cvc cvv dsn hmac jwt otp pass passcode "
    + "passphrase passwd password passwords pin pwd secret secrets session sid sig signature token tokens xsrf").split(
      " "
    )
)

/** The same in names that are written without a break. */
const runTogether = /password|passwd|secret|token|(?:api|access|private|signing|encryption|master)key|connectionstring/

/** Words of what programs exchange, with all that they carry: messages of HTTP, statements and command lines with their values. */
const exchangeWords = new Set(
  "agent args argv body config env header headers params parameters payload socket spawnargs sql values".split(" ")
)

/** A request or a response as a whole, but for what is only about it, as `requestId` and `responseStatus`. */
const messageWords = new Set(["req", "request", "res", "response"])
const aboutMessages: ReadonlySet<string | undefined> = new Set(["code", "id", "status", "time", "timeout", "type"])

const wordsOf = (name: string): ReadonlyArray<string> =>
  name.slice(0, 200).replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase().match(/[a-z0-9]+/g) ?? []

/** True if a field of this name is left out. */
export const isPrivate = (name: string): boolean => {
  const words = wordsOf(name)
  const last = words.at(-1)
  return last === "key" || last === "keys" || runTogether.test(words.join(""))
    || words.some((word) => secretWords.has(word) || exchangeWords.has(word))
    || words.some((word) => messageWords.has(word)) && !aboutMessages.has(last)
}

/** Text without the secrets that URLs and headers carry. */
export const scrubbed = (text: string): string =>
  text
    .replace(/(\/\/)[^\s/@:"']{0,200}:[^\s/@"']{0,200}@/g, "$1…@")
    .replace(/([?&;])([^\s=&;?"']{1,100})=[^\s&;"']+/g, (whole, mark: string, name: string) =>
      isPrivate(name) ? `${mark}${name}=…` : whole)
    .replace(/\b(Bearer|Basic)\s+[\w.~+/=-]{4,}/gi, "$1 …")
