import { bytesText } from "../../../cli/bytesText.ts"
import type { Finding } from "../../../cli/findings.ts"
import { ok, problem, warning } from "../../../cli/findings.ts"
import { counted } from "../../../cli/progressBar.ts"
import { distanceText, spanText } from "../../../cli/spanText.ts"
import type { PostgresFacts, SqliteFacts } from "../../../store/doctor/facts.ts"

const MiB = 1024 ** 2
const second = 1000
const minute = 60 * second

/** Compares the version of the tables with the one that this release needs. `migrate` is the command to type. */
export const checkVersion = ({ newest, version }: SqliteFacts | PostgresFacts, migrate: string): Finding =>
  version === newest
    ? ok("tables", `The tables have version ${version}, the newest that this release knows`)
    : version === 0
    ? problem("tables", "There are no tables of Holdfast in this database", `Make them: ${migrate}`)
    : version < newest
    ? problem(
      "tables",
      `The tables have version ${version}, and this release needs version ${newest}`,
      `Bring them up to date, once no worker of an older release runs: ${migrate}`
    )
    : problem(
      "tables",
      `A newer release has migrated the tables to version ${version}, and this one knows version ${newest}`,
      "Use that release, for workers too"
    )

/** Workers shorten a WAL of more than 8 MiB, unless a reader stays open. */
const longWal = 64 * MiB

/** The advice for a damaged file. */
export const restoreAdvice = "Stop every program that uses the database, keep a copy of its files, and restore a backup"

export const checkSqlite = (
  { damage, journalMode, size, walSize }: SqliteFacts,
  synchronous: "full" | "normal"
): ReadonlyArray<Finding> => [
  journalMode === "wal"
    ? ok(
      "journal",
      synchronous === "full"
        ? "The journal is a WAL; with these settings, a commit is on disk when it returns (synchronous=FULL)"
        : "The journal is a WAL; with these settings, a power cut may undo the last commits (HOLDFAST_SQLITE_SYNCHRONOUS=normal)"
    )
    : warning(
      "journal",
      `The journal mode is ${journalMode}, in which readers and writers wait for each other`,
      "Start a worker, which sets WAL; if that does not last, look for a program that sets another mode"
    ),
  walSize <= longWal
    ? ok("wal", `The WAL is ${bytesText(walSize)}; the database is ${bytesText(size)}`)
    : warning(
      "wal",
      `The WAL is ${bytesText(walSize)}, which slows every reader; the database is ${bytesText(size)}`,
      "Look for a program that keeps a read transaction or a cursor open; if no worker runs, start one, which shortens the WAL"
    ),
  ...(damage === undefined ? [] : [
    damage.length === 0
      ? ok("integrity", "quick_check has found nothing wrong")
      : problem(
        "integrity",
        `quick_check has found damage: ${damage.slice(0, 3).join("; ")}`,
        restoreAdvice
      )
  ])
]

/** Free space on the disk of a SQLite database, in bytes. */
export const checkDisk = (free: number, folder: string): Finding => {
  const says = `${bytesText(free)} are free on the disk of ${folder}`
  const todo = "Free some: on a full disk nothing can be enqueued, claimed or settled"
  return free < 100 * MiB
    ? problem("disk", says, todo)
    : free < 1024 * MiB
    ? warning("disk", says, todo)
    : ok("disk", says)
}

/** The oldest tested version. */
const oldestServer = 140_000

/** Autovacuum starts at 20 % dead rows. */
const manyDead = 10_000
const deadShare = 0.4

const longTransaction = 5 * minute
const tooLongTransaction = 60 * minute

/** Clocks kept by NTP differ by less than this. */
const clocksApart = 2 * second

export const checkPostgres = (facts: PostgresFacts): ReadonlyArray<Finding> => {
  const { clock, role, seesAllTransactions, serverVersion, tables, transactions } = facts
  const server = `PostgreSQL ${Math.floor(serverVersion / 10_000)}.${serverVersion % 10_000}`
  const bloated = tables.filter(({ dead, live }) => dead > manyDead && dead > deadShare * live)
  const [oldest] = transactions
  const held = oldest?.openFor ?? 0
  const open = oldest === undefined
    ? ""
    : `The transaction ${[oldest.name, oldest.state && `(${oldest.state})`].filter(Boolean).join(" ")} of ${
      [oldest.user, oldest.application].filter((word) => word !== "").join(", ") || "another role"
    } has been open for ${spanText(held)}`
  const noVacuum = "End it, or have its program end it: until then no vacuum removes the dead rows of jobs"
  const away = (clock.asked + clock.answered) / 2 - clock.server
  const apart = Math.abs(away) - (clock.answered - clock.asked) / 2
  return [
    serverVersion >= oldestServer
      ? ok("server", `The server is ${server}`)
      : problem("server", `The server is ${server}, and Holdfast needs 14 or later`, "Upgrade the server"),
    checkRights(facts),
    ...(tables.length === 0 ? [] : [
      bloated.length === 0
        ? ok("vacuum", tables.map((table) => `${table.table} has ${vacuumText(table, clock.server)}`).join(", "))
        : warning(
          "vacuum",
          bloated.map((table) => `${table.table} has ${vacuumText(table, clock.server)}`).join(", "),
          "Check whether autovacuum is on and gets to run, and look for transactions that stay open"
        )
    ]),
    held >= tooLongTransaction
      ? problem("transactions", open, noVacuum)
      : held >= longTransaction
      ? warning("transactions", open, noVacuum)
      : ok(
        "transactions",
        `No transaction has been open for longer than ${spanText(longTransaction)}${
          seesAllTransactions ? "" : `, of those that the role ${role} may see`
        }`
      ),
    apart <= clocksApart
      ? ok("clock", "The clocks of this machine and of the server agree")
      : warning(
        "clock",
        `The clock of this machine is ${spanText(apart)} ${away > 0 ? "ahead of" : "behind"} the server's`,
        "Set both by NTP; the server's clock decides which leases are over and which jobs are due"
      )
  ]
}

const checkRights = ({ lacksRights, lacksRightsToShow, role }: PostgresFacts): Finding => {
  const lacks = `The role ${role} lacks ${[...lacksRights, ...lacksRightsToShow].join(", ")}`
  const todo = `Ask the owner of the tables to GRANT them to ${role}, if workers use this role`
  return lacksRights.length > 0
    ? problem("rights", lacks, todo)
    : lacksRightsToShow.length > 0
    ? warning("rights", `${lacks}; its workers run jobs all the same, and nobody sees them`, todo)
    : ok("rights", `The role ${role} has every right that a worker needs on the existing tables`)
}

const vacuumText = (
  { dead, live, vacuumedAt }: PostgresFacts["tables"][number],
  now: number
) =>
  `${counted(dead)} dead and ${counted(live)} live rows, last vacuumed ${
    vacuumedAt === null ? "never" : distanceText(vacuumedAt, now)
  }`
