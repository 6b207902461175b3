import { Clock, Duration, Effect, Stream } from "effect"
import { pollCompile } from "../compile/watchCompile.ts"
import { CompileFailed } from "./CompileFailed.ts"
import { describeStatus } from "./describeStatus.ts"
import type { TerminalService } from "./Terminal.ts"

/** Shows a compile's status on the terminal until the compile has ended, and suggests the next command. */
export const watchOnTerminal = (
  compile: { readonly brandId: string; readonly compileRunId: string },
  { commandLine, showStatus, writeLine }: TerminalService
) =>
  Effect.gen(function*() {
    const { brandId, compileRunId } = compile
    const startedAt = yield* Clock.currentTimeMillis
    yield* Stream.runForEach(pollCompile(compile), (status) =>
      Effect.gen(function*() {
        const text = describeStatus(status, commandLine)
        if (status.status === "PENDING" || status.status === "RUNNING") {
          const elapsed = Math.ceil(((yield* Clock.currentTimeMillis) - startedAt) / 1000)
          return showStatus(`${text} (${Duration.format(Duration.seconds(Math.max(1, elapsed)))})`)
        }
        showStatus("")
        if (status.status === "FAILED") {
          return yield* new CompileFailed({
            error: status.error,
            next: commandLine("brandbrain", "compile", brandId, "--watch")
          })
        }
        yield* writeLine(text)
        yield* writeLine(`Read it: ${commandLine("brandbrain", "snapshot", brandId)}`)
      })).pipe(
        Effect.onInterrupt(() => {
          showStatus("")
          return writeLine(
            `The compile goes on; watch it: ${commandLine("brandbrain", "status", brandId, compileRunId, "--watch")}`
          )
        })
      )
  })
