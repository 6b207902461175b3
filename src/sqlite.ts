/**
 * The stores of jobs on SQLite, as `holdfast/sqlite`. No other entry but the one for
 * tests loads a driver.
 *
 * @since 0.1.0
 */

export * as SqlJobStore from "./store/sqlite/SqliteJobStore.ts"
export * as SqliteStore from "./store/sqlite/SqliteStore.ts"
