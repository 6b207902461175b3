/**
 * The store of jobs on PostgreSQL, as `holdfast/postgres`.
 *
 * @since 0.1.0
 */

export * as PostgresJobStore from "./store/postgres/PostgresJobStore.ts"
export * as PostgresStore from "./store/postgres/PostgresStore.ts"
