/** The line that a person types to run one of the commands, in the folder of the package. */
export const typed = (command: "start" | "brandbrain" | "holdfast", ...args: ReadonlyArray<string>): string =>
  ["npx pnpm@10", command, ...args].join(" ")
