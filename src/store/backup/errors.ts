import { Schema } from "effect"
import { StoreError } from "../../domain/errors.ts"

/** There is a file where the backup was to be written. Nothing was read or changed. */
export class BackupExists extends Schema.TaggedError<BackupExists>()("BackupExists", { file: Schema.String }) {
  override get message() {
    return `${this.file} is there already, and a backup replaces nothing; give another name`
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

/** The copy is not what the database was. It was deleted. */
export class BackupDiffers extends Schema.TaggedError<BackupDiffers>()("BackupDiffers", {
  database: Schema.String,
  problems: Schema.Array(Schema.String)
}) {
  override get message() {
    return `The copy of ${this.database} was deleted, because it cannot be trusted: ${this.problems.join("; ")}. `
      + "If this happens again, the database itself is damaged: run `holdfast doctor --deep`"
  }
}

/** A database on a server is backed up by the server's own tool. */
export class BackupUnsupported extends Schema.TaggedError<BackupUnsupported>()("BackupUnsupported", {
  database: Schema.String,
  /** The command to run, without a password. */
  command: Schema.String
}) {
  override get message() {
    return `${this.database} is a database of a server, which its own tool backs up while it runs: ${this.command}`
  }
}

/** The driver's or the system's own words. */
const rootOf = (cause: unknown) =>
  new StoreError({ operation: "back up", cause }).message.replace(/^The job store failed in back up: /, "")
