import type { Scenario } from "../Scenario.ts"

const starts = 3
const effect = "importing effect alone"
const program = "node dist/start/main.js"

/** How long the program takes to work. */
export const start: Scenario = {
  name: "start",
  title: "Start to first claim",
  about:
    `The median of ${starts} starts of \`node dist/start/main.js\` on a migrated database in which one job waits, until that is claimed; FULL. `
    + "Beside it a process that only imports effect, and one that imports nothing.",
  figures: ["millis"],
  databases: {
    migrated: async (path) => {
      const { prepare } = await import("../contenders/program.ts")
      await prepare(path)
    }
  },
  contenders: {
    [program]: async (run) => {
      const { timeProgram } = await import("../contenders/program.ts")
      return timeProgram(run.copyOf("migrated"), run.isFull ? starts : 1)
    },
    [effect]: async (run) => {
      const { timeCode } = await import("../contenders/program.ts")
      return timeCode("import \"effect\"", run.isFull ? starts : 1)
    },
    "node alone": async (run) => {
      const { timeCode } = await import("../contenders/program.ts")
      return timeCode("", run.isFull ? starts : 1)
    }
  },
  comparisons: [
    { what: "over importing effect alone", figure: "millis", of: program, over: effect, atMost: 1.5 },
    { what: "milliseconds more than importing effect alone", figure: "millis", of: program, less: effect }
  ]
}
