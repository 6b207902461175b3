/**
 * The store of jobs in the database that a URL names, as `holdfast/store`. The
 * driver is loaded once it is known which one is needed.
 *
 * @since 0.1.0
 */

export * as Store from "./public/Store.ts"
