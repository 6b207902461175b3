import { bodyReader } from "../../web/readBody.ts"
import { BodyTooLarge } from "../api/refusals.ts"

/** A hundred ids at their longest take 75 kB as JSON. */
export const bodyLimit = 128 * 1024

/** Reads the request's JSON body. */
export const readBody = bodyReader({ limit: bodyLimit, tooLarge: new BodyTooLarge({ limitBytes: bodyLimit }) })
