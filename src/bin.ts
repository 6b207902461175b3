#!/usr/bin/env node
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Option } from "effect"
import { outliveOutput } from "./cli/logging.ts"
import { makeStreams } from "./cli/Streams.ts"
import { holdfastProgram, holdfastTeardown } from "./program/holdfastProgram.ts"
import { isatty } from "node:tty"

const streams = makeStreams(process.stdout, process.stderr, { isTTY: isatty(0) })

outliveOutput({ isTold: false })
process.on("exit", () => Option.map(streams.screen, ({ show }) => show("")))

NodeRuntime.runMain(holdfastProgram(process.argv, streams), {
  disableErrorReporting: true,
  disablePrettyLogger: true,
  teardown: holdfastTeardown(process.argv, streams)
})
