import { NodeRuntime } from "@effect/platform-node"
import { Layer } from "effect"
import { handleSignals } from "holdfast"
import { AppLive } from "./signup.ts"

Layer.launch(AppLive).pipe(handleSignals(), NodeRuntime.runMain)
