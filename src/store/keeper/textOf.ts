/**
 * The code of a function, for another thread. In sources and in what TypeScript makes of them a function can be
 * read back. A bundler may have renamed what it calls, so the package has these texts as they were
 * when it was built: see `esbuild.threads.js`.
 */
export const textOf = (code: (...args: Array<never>) => unknown): string => Function.prototype.toString.call(code)
