/**
 * The problems in the rows of quick_check or integrity_check, one in each line, and
 * none if nothing is wrong. A row may hold several lines, headed by the database's name.
 */
export const damageIn = (rows: ReadonlyArray<string>): ReadonlyArray<string> =>
  rows.flatMap((row) => row.split("\n")).map((line) => line.trim())
    .filter((line) => line !== "" && line !== "ok" && !/^\*\*\* in database .* \*\*\*$/.test(line))
