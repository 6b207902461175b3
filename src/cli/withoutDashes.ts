/** Package runners pass on the `--` that ends their own flags. */
export const withoutDashes = (args: ReadonlyArray<string>): ReadonlyArray<string> =>
  args[0] === "--" ? args.slice(1) : args
