import { Schema } from "effect"
import { StoreError } from "../../domain/errors.ts"

/** The name of the backup is taken, or that of a file which SQLite would read with it. Nothing was replaced. */
export class BackupExists extends Schema.TaggedError<BackupExists>()("BackupExists", {
  file: Schema.String,
  /** The file that is there: `file`, or its `-wal`, `-shm` or `-journal`. */
  found: Schema.String
}) {
  override get message() {
    return this.found === this.file
      ? `${this.file} is there already, and a backup replaces nothing; give another name`
      : `${this.found} is there already, and SQLite would read it as a part of ${this.file}; move it away, or give another name`
  }
}

/** The database was not backed up. No file was left behind. */
export class BackupFailed extends Schema.TaggedError<BackupFailed>()("BackupFailed", {
  database: Schema.String,
  file: Schema.String,
  cause: Schema.Defect
}) {
  override get message() {
    return `${this.database} was not backed up to ${this.file}: ${rootOf(this.cause)}`
  }
}

/** The copy differs from the database, and was deleted. */
export class BackupDiffers extends Schema.TaggedError<BackupDiffers>()("BackupDiffers", {
  database: Schema.String,
  problems: Schema.Array(Schema.String)
}) {
  override get message() {
    return `The copy of ${this.database} was deleted, because it cannot be trusted: ${this.problems.join("; ")}. `
      + "If this happens again, the database itself is damaged: run `holdfast doctor --deep`"
  }
}

/** A database on a server, which the server's own tool backs up. */
export class BackupUnsupported extends Schema.TaggedError<BackupUnsupported>()("BackupUnsupported", {
  database: Schema.String,
  /** The command to run, without a password. */
  command: Schema.String
}) {
  override get message() {
    return `${this.database} is on a server, whose own tool backs it up while it runs: ${this.command}`
  }
}

/** The message of the driver or the system. */
const rootOf = (cause: unknown) =>
  new StoreError({ operation: "back up", cause }).message.replace(/^The job store failed in back up: /, "")
