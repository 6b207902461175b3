/**
 * Where jobs live on SQLite, as `holdfast/sqlite`: what else an app imports of
 * Holdfast loads no driver.
 *
 * @since 0.1.0
 */

export * as SqliteStore from "./store/sqlite/SqliteStore.ts"
export * as SqlJobStore from "./store/SqlJobStore.ts"
