/** Headers of every answer: no other site frames or loads it, and no address leaks. */
export const secure: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "x-frame-options": "DENY",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin"
}

/** Headers of what the API answers. */
export const ofAnApi: Readonly<Record<string, string>> = {
  ...secure,
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'"
}

/** Headers of the page and its files. The page runs its own code only, and connects only to its own API. */
export const ofAPage: Readonly<Record<string, string>> = {
  ...secure,
  // Kept, and asked about each time.
  "cache-control": "no-cache",
  "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}
