/** The names of `Store` that users see. */

export { fromUrl } from "../store/fromUrl.ts"
export type { Options } from "../store/fromUrl.ts"
export type { PostgresOptions } from "../store/postgres/options.ts"
export type { SqliteOptions } from "../store/sqlite/options.ts"
