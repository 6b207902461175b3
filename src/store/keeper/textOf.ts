/**
 * The source text of a function, for another thread. It is right for sources and for TypeScript's output. A bundler may
 * rename what the function calls, so the build stores these texts in the package (`esbuild.threads.js`).
 */
export const textOf = (code: (...args: Array<never>) => unknown): string => Function.prototype.toString.call(code)
