import { DateTime, Option, Schema } from "effect"
import { StoreError } from "../../domain/errors.ts"

/*
 * The reasons why nothing was copied. With each of them the target is as it was
 * before, but with a CopyFailed of the COMMIT: where its answer is lost, the target has all of the copy or nothing.
 */

/** The file does not exist, and was not made. */
export class NoDatabase extends Schema.TaggedError<NoDatabase>()("NoDatabase", { database: Schema.String }) {
  override get message() {
    return `There is no database at ${this.database}`
  }
}

/** The source and the target are one database. */
export class SameDatabase extends Schema.TaggedError<SameDatabase>()("SameDatabase", {
  source: Schema.String,
  target: Schema.String
}) {
  override get message() {
    return `${this.source} and ${this.target} are the same database; copy to another one`
  }
}

/** The target has rows where the copy would write. */
export class TargetNotEmpty extends Schema.TaggedError<TargetNotEmpty>()("TargetNotEmpty", {
  target: Schema.String,
  /** Such as "3 pending jobs" and "1 row of brandbrain_brand". */
  holds: Schema.Array(Schema.String)
}) {
  override get message() {
    return `${this.target} is not empty: it holds ${this.holds.join(", ")}; copy to a database without jobs`
  }
}

const Holder = Schema.Struct({
  worker: Schema.String,
  jobs: Schema.Number,
  /** Epoch milliseconds: when its oldest lease here was taken or extended, and when its last one ends. */
  since: Schema.Number,
  until: Schema.Number
})

const instant = (millis: number) =>
  Option.match(DateTime.make(millis), { onNone: () => String(millis), onSome: DateTime.formatIso })

/** Jobs of the source run under leases that have not run out, so its workers have not been stopped. */
export class WorkersNotStopped extends Schema.TaggedError<WorkersNotStopped>()("WorkersNotStopped", {
  source: Schema.String,
  /** The workers, of which at most ten are named. */
  holders: Schema.Array(Holder)
}) {
  override get message() {
    const holders = this.holders.map(({ jobs, since, until, worker }) =>
      `${worker} holds ${jobs === 1 ? "1 job" : `${jobs} jobs`} since ${instant(since)}, until ${instant(until)}`
    )
    return `Jobs are running in ${this.source}: ${holders.join("; ")}. Stop the workers, or wait until the leases of `
      + "dead ones have run out, and copy again"
  }
}

const Unfit = Schema.Struct({
  table: Schema.String,
  /** The key of the row: the id of a job. */
  row: Schema.String,
  column: Schema.String,
  /** The way to what does not fit in a JSON value. Empty for the whole value. */
  path: Schema.String,
  /** A description of what the target accepts there. */
  allowed: Schema.String
})

/** A value that the target cannot hold, without the value itself. */
export type Unfit = typeof Unfit.Type

/** The target cannot hold some values of the source. */
export class ValuesDoNotFit extends Schema.TaggedError<ValuesDoNotFit>()("ValuesDoNotFit", {
  target: Schema.String,
  /** The first of them. */
  unfit: Schema.Array(Unfit),
  /** The number of all of them. */
  count: Schema.Number
}) {
  override get message() {
    const shown = this.unfit.map(({ allowed, column, path, row, table }) =>
      `${table === "holdfast_jobs" ? "job" : table} ${row}, ${column}${
        path === "" ? "" : ` at ${path}`
      }: expected ${allowed}`
    )
    const more = this.count - this.unfit.length
    return `${this.target} cannot hold ${this.count === 1 ? "a value" : `${this.count} values`} of the source: ${
      shown.join("; ")
    }${more > 0 ? `; and ${more} more` : ""}. Change or delete these rows, and copy again`
  }
}

/** A row of the target is not the row of the source, for example because a trigger has changed it. */
export class CopyDiffers extends Schema.TaggedError<CopyDiffers>()("CopyDiffers", {
  table: Schema.String,
  row: Schema.String,
  /** A column, "missing" or "added". */
  difference: Schema.String
}) {
  override get message() {
    const how = this.difference === "missing"
      ? "is missing in the target"
      : this.difference === "added"
      ? "is in the target and not in the source"
      : `has another ${this.difference} in the target`
    const why = this.difference === "added"
      ? "Something has written to the target meanwhile: stop what works and enqueues there, and copy again"
      : "Look for triggers on the target's tables"
    return `The copy is not the source: the row ${this.row} of ${this.table} ${how}. The copy was rolled back. ${why}`
  }
}

/** Something wrote to the source while it was copied. */
export class SourceChanged extends Schema.TaggedError<SourceChanged>()("SourceChanged", {
  source: Schema.String,
  table: Schema.String
}) {
  override get message() {
    return `${this.table} in ${this.source} was changed while it was copied, and the copy was rolled back. Stop the `
      + "workers and all that enqueues, and copy again"
  }
}

/** The app's tables in the source are not of the version that this program copies. */
export class AppTablesOutOfDate extends Schema.TaggedError<AppTablesOutOfDate>()("AppTablesOutOfDate", {
  database: Schema.String,
  app: Schema.String,
  version: Schema.Number,
  newest: Schema.Number
}) {
  override get message() {
    return `The tables of ${this.app} in ${this.database} have version ${this.version}, and this program copies version `
      + `${this.newest}`
  }
}

/** A database failed, or has no tables that can be copied. */
export class CopyFailed extends Schema.TaggedError<CopyFailed>()("CopyFailed", {
  database: Schema.String,
  cause: Schema.Defect
}) {
  override get message() {
    return `Copying failed at ${this.database}: ${rootOf(this.cause)}`
  }
}

/** The target has refused a row, for example because of a trigger or a constraint of the user's. */
export class RowsRefused extends Schema.TaggedError<RowsRefused>()("RowsRefused", {
  target: Schema.String,
  table: Schema.String,
  /** The rows that were inserted together. */
  first: Schema.String,
  last: Schema.String,
  cause: Schema.Defect
}) {
  override get message() {
    return `${this.target} refused a row of ${this.table} from ${this.first} to ${this.last}, and the copy was rolled `
      + `back: ${rootOf(this.cause)}`
  }
}

/** The driver's own words. */
const rootOf = (cause: unknown) =>
  new StoreError({ operation: "copy", cause }).message.replace(/^The job store failed in copy: /, "")
