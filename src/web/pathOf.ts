/**
 * The address of a request without the scheme and host that a client of a proxy sends, as in
 * `GET http://127.0.0.1:3000/api/brands?limit=1`.
 */
export const withoutOrigin = (url: string): string => {
  const [origin] = /^https?:\/\/[^/?#]*/i.exec(url) ?? []
  if (origin === undefined) return url
  const rest = url.slice(origin.length)
  return rest.startsWith("/") ? rest : `/${rest}`
}

/** The path of a request's address: without its origin, its query and its fragment. */
export const pathOf = (url: string): string => withoutOrigin(url).replace(/[?#].*$/s, "")
