import { pollCompile } from "../compile/watchCompile.ts"
import { Clock, Duration, Effect, Stream } from "effect"
import { statusInWords } from "./inWords.ts"
import type { TerminalService } from "./Terminal.ts"

/** Shows a person how a compile stands until it has ended, and says what to type next. */
export const watchOnTerminal = (
  compile: { readonly brandId: string; readonly compileRunId: string },
  { show, tell, typed }: TerminalService
) =>
  Effect.gen(function*() {
    const { brandId, compileRunId } = compile
    const startedAt = yield* Clock.currentTimeMillis
    yield* Stream.runForEach(pollCompile(compile), (status) =>
      Effect.gen(function*() {
        const words = statusInWords(status, typed)
        if (status.status === "PENDING" || status.status === "RUNNING") {
          const elapsed = Math.ceil(((yield* Clock.currentTimeMillis) - startedAt) / 1000)
          return show(`${words} (${Duration.format(Duration.seconds(Math.max(1, elapsed)))})`)
        }
        show("")
        yield* tell(words)
        if (status.status === "SUCCEEDED") yield* tell(`Read it: ${typed("brandbrain", "snapshot", brandId)}`)
      })).pipe(
        Effect.onInterrupt(() => {
          show("")
          return tell(
            `The compile goes on; watch it: ${typed("brandbrain", "status", brandId, compileRunId, "--watch")}`
          )
        })
      )
  })
