// Not from the barrel, which takes longer to load than everything else.
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect } from "effect"
import { openJournal } from "./journal.ts"
import { live, queueOn } from "./life.ts"

/* The scripted life of some jobs, from an empty folder to a closed database, to be killed anywhere in it. */

const [, , database = "", journal = ""] = process.argv

const note = openJournal(journal)

live(note).pipe(Effect.provide(queueOn(database, note)), NodeRuntime.runMain)
