import { bodyReader } from "../../../web/readBody.ts"
import { BodyTooLarge } from "../api/refusals.ts"

/** All answers at their longest take 0.4 MB. */
export const bodyLimit = 1024 * 1024

/** Reads the request's JSON body. */
export const readBody = bodyReader({ limit: bodyLimit, tooLarge: new BodyTooLarge({ limit_bytes: bodyLimit }) })
