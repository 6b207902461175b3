import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Option } from "effect"
import { outliveOutput } from "./cli/logging.ts"
import { makeStreams } from "./cli/Streams.ts"
import { isHoldfast, program, teardown } from "./program/program.ts"
import { isatty } from "node:tty"

const streams = makeStreams(process.stdout, process.stderr, { isTTY: isatty(0) })

outliveOutput({ isTold: !isHoldfast(process.argv) })
process.on("exit", () => Option.map(streams.screen, ({ show }) => show("")))

NodeRuntime.runMain(program(process.argv, streams), {
  disableErrorReporting: true,
  disablePrettyLogger: true,
  teardown: teardown(process.argv, streams)
})
