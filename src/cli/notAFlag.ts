import * as HelpDoc from "@effect/cli/HelpDoc"
import { Either } from "effect"

/** Refuses an argument that begins with a dash: @effect/cli takes a flag that it does not know for one. */
export const notAFlag = (text: string): Either.Either<string, HelpDoc.HelpDoc> =>
  text.startsWith("-") ? Either.left(HelpDoc.p(`Received unknown argument: '${text}'`)) : Either.right(text)
