import { Schedule, Stream } from "effect"
import { canonicalJson } from "../json/canonicalJson.ts"
import { compileStatus } from "./compileStatus.ts"

/** Reads the compile's status now and every second until the compile has ended. */
export const pollCompile = (options: { readonly brandId: string; readonly compileRunId: string }) =>
  Stream.repeatEffectWithSchedule(compileStatus(options), Schedule.spaced("1 second")).pipe(
    Stream.takeUntil(({ status }) => status === "SUCCEEDED" || status === "FAILED")
  )

/** The compile's status each time it changes, until the compile has ended. Changes between two polls are not seen. */
export const watchCompile = (options: { readonly brandId: string; readonly compileRunId: string }) =>
  Stream.changesWith(pollCompile(options), (before, after) => canonicalJson(before) === canonicalJson(after))
