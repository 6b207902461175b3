/**
 * The HTTP API of a job queue and its page, as `holdfast/http`: to mount in an
 * app of your own, and a typed client for it.
 *
 * @since 0.1.0
 */

// what it says
export type { Access } from "./http/api/access.ts"
export { HoldfastApi } from "./http/api/api.ts"
export { client } from "./http/api/client.ts"

// to mount it
export type { Authorize, Tokens } from "./http/server/authorize.ts"
export { layer } from "./http/server/layer.ts"
export { make } from "./http/server/make.ts"
export type { HoldfastHttp } from "./http/server/make.ts"
export type { Options } from "./http/server/options.ts"

// what an app's own check fails with
export { Forbidden, Unauthorized } from "./web/refusals.ts"
