import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect } from "effect"
import { json } from "../cli/answer.ts"
import { flag } from "../cli/flag.ts"
import { address } from "../cli/httpSettings.ts"

/** `pnpm holdfast dashboard`. Its code is loaded when it runs. */
export const dashboardCommand = Command.make(
  "dashboard",
  {
    http: flag("http", "[host:]port", address, "The address (HOLDFAST_HTTP_PORT, any free port of 127.0.0.1)"),
    readOnly: Options.boolean("read-only").pipe(
      Options.withDescription("Open the database to read only, and let nobody change a job")
    ),
    json
  },
  (given) =>
    Effect.flatMap(
      Effect.promise(() => import("./operate/dashboard.ts")),
      ({ dashboard }) => dashboard(given)
    )
).pipe(Command.withDescription("Serve the page and the HTTP API until Ctrl-C"))
