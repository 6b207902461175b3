/** True for a scheme, a host and perhaps a port, as a browser writes them. */
export const isOrigin = (text: string): boolean =>
  /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text
