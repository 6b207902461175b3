/** The names of `Job` that users see. */

export { make } from "../domain/Job.ts"
export type {
  Any,
  Handler,
  HandlerOf,
  HandlerSource,
  Job,
  Options,
  Payload,
  PayloadSchema,
  WithoutPayload
} from "../domain/Job.ts"
export type { NoPayload } from "../domain/NoPayload.ts"
