import { textOf } from "../../keeper/textOf.ts"
import { openInThread } from "./openInThread.ts"

/** The code by which a keeper's thread opens its connection. */
export const openText = textOf(openInThread)
