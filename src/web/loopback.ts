/** True for a name or address that only this machine can reach. */
export const isLoopback = (host: string): boolean =>
  /^(?:localhost|127(?:\.\d{1,3}){3}|\[?(?:::1|::ffff:127(?:\.\d{1,3}){3})\]?)$/i.test(host)

/** The host of a `Host` header, without its port. */
export const hostOf = (header: string): string => header.replace(/:\d*$/, "")

/** An IPv6 address without the brackets of a URL, which no socket takes. */
export const withoutBrackets = (host: string): string => /^\[(.*)\]$/.exec(host)?.[1] ?? host

/** As in `[::1]:3000`. */
export const formatAddress = (host: string, port: number): string =>
  `${host.includes(":") ? `[${host}]` : host}:${port}`
