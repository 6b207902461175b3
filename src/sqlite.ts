/**
 * Where jobs live on SQLite, as `holdfast/sqlite`: what else an app imports of
 * Holdfast loads no driver.
 *
 * @since 0.1.0
 */

export * as SqlJobStore from "./store/sqlite/SqliteJobStore.ts"
export * as SqliteStore from "./store/sqlite/SqliteStore.ts"
