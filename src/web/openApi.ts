import * as HttpApi from "@effect/platform/HttpApi"
import { invalidRequest } from "./refusals.ts"
import type { InvalidRequest } from "./refusals.ts"

/** An API without endpoints. Replaces Effect's own error for a request that does not decode, since its shape differs from our refusals. */
export const emptyApi = <const Id extends string>(id: Id) =>
  Object.assign(HttpApi.make(id), { errorSchema: invalidRequest }) as unknown as HttpApi.HttpApi<
    Id,
    never,
    InvalidRequest
  >

/** Removes `$id`, which Effect repeats for each value of any type and JSON Schema wants unique. */
export const withoutIds = (spec: Readonly<Record<string, unknown>>) =>
  JSON.parse(JSON.stringify(spec, (name, value: unknown) => name === "$id" ? undefined : value)) as typeof spec

/** Says that the body of an operation may be left out. */
export const withOptionalBody = (operation: Readonly<Record<string, unknown>>) => ({
  ...operation,
  requestBody: { ...operation["requestBody"] as object, required: false }
})
