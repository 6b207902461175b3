import * as CliConfig from "@effect/cli/CliConfig"
import * as CommandDescriptor from "@effect/cli/CommandDescriptor"
import * as HelpDoc from "@effect/cli/HelpDoc"
import type * as Span from "@effect/cli/HelpDoc/Span"
import * as Usage from "@effect/cli/Usage"
import { stripVTControlCharacters } from "node:util"

/** A name and what it means. */
type Row = readonly [name: string, meaning: string]

type Descriptor = CommandDescriptor.Command<unknown>

/** A command, and the commands under it in the order in which the help lists them. */
export interface Commands {
  readonly root: Descriptor
  readonly under: ReadonlyArray<Commands>
}

/** The help that a command gives of itself, without the text that @effect/cli adds for every flag and argument. */
interface Described {
  readonly meaning: string
  readonly arguments: ReadonlyArray<Row>
  readonly flags: ReadonlyArray<Row>
}

const everywhere: ReadonlyArray<Row> = [
  ["-h, --help", "Show the help of any command"],
  ["--log-level level", "Log nothing below this level: all, trace, debug, info, warning, error, fatal or none"],
  ["--version", "Print the version"],
  ["--completions shell", "Print a completion script for bash, zsh or fish"]
]

/** The help of the command that `words` name, at any depth. `typed` is what a person types to run the first. */
export const helpOf = (typed: string, commands: Commands, words: ReadonlyArray<string>, columns: number): string => {
  const { chosen: { root, under }, path } = choose(commands, words)
  const { arguments: args, flags, meaning } = described(root)
  const line = [typed, ...path].join(" ")
  return [
    wrapped(under.length > 0 ? `${line} <command>` : line + usageOf(root).replace(/^\S+/, ""), columns, 2),
    wrapped(meaning, columns, 0),
    ...[under.flatMap((each) => rowsOf(each)), args, flags, everywhere].filter((rows) => rows.length > 0)
      .map((rows) => table(rows, columns)),
    ...(under.length > 0 ? [wrapped(`${line} <command> --help says what a command takes.`, columns, 0)] : [])
  ].join("\n\n")
}

/** True if these words, and no more than they, name a command that others are under, which does nothing by itself. */
export const isGroup = (commands: Commands, words: ReadonlyArray<string>): boolean => {
  const { chosen, path } = choose(commands, words)
  return chosen.under.length > 0 && path.length === words.length
}

/**
 * Says which commands there are where a word after a command is none of those
 * under it. @effect/cli would name those of the root. Undefined if it is one, or the
 * words do not begin with a command.
 */
export const unknownUnder = (commands: Commands, words: ReadonlyArray<string>): string | undefined => {
  const { chosen: { under }, path } = choose(commands, words)
  const next = words[path.length]
  if (path.length === 0 || under.length === 0 || next === undefined || next.startsWith("-")) return undefined
  const known = under.map(({ root }) => nameOf(root)).join(", ")
  return `${path.join(" ")}: ${JSON.stringify(next)} is not a command; write one of ${known}`
}

/** The command that the first words name, and those words. */
const choose = (
  commands: Commands,
  words: ReadonlyArray<string>,
  path: ReadonlyArray<string> = []
): { readonly chosen: Commands; readonly path: ReadonlyArray<string> } => {
  const [first, ...rest] = words
  const next = commands.under.find(({ root }) => nameOf(root) === first)
  return next === undefined || first === undefined ? { chosen: commands, path } : choose(next, rest, [...path, first])
}

/** A row for each command that does something. */
const rowsOf = ({ root, under }: Commands): ReadonlyArray<Row> =>
  under.length === 0
    ? [[nameOf(root), described(root).meaning]]
    : under.flatMap((each) => rowsOf(each)).map(([name, meaning]): Row => [`${nameOf(root)} ${name}`, meaning])

/** The flags that take a value, such as "--concurrency". */
export const flagsWithValue = ({ root, under }: Commands): ReadonlyArray<string> => [
  ...described(root).flags.flatMap(([name]) => /^(--\S+) /.exec(name)?.[1] ?? []),
  ...under.flatMap(flagsWithValue)
]

const nameOf = (command: Descriptor) => [...CommandDescriptor.getNames(command)].join(" ")

const usageOf = (command: Descriptor) => textOf(HelpDoc.getSpan(Usage.getHelp(CommandDescriptor.getUsage(command))))

const described = (command: Descriptor): Described => {
  const found = { DESCRIPTION: "", ARGUMENTS: new Array<Row>(), OPTIONS: new Array<Row>() }
  let section = ""
  for (const part of parts(CommandDescriptor.getHelp(command, CliConfig.make({ showBuiltIns: false })))) {
    if (HelpDoc.isHeader(part)) section = textOf(part.value)
    else if (HelpDoc.isParagraph(part) && section === "DESCRIPTION") found.DESCRIPTION = textOf(part.value)
    else if (HelpDoc.isDescriptionList(part) && (section === "ARGUMENTS" || section === "OPTIONS")) {
      // The first paragraph is the type, the second our description, and the rest @effect/cli's.
      found[section].push(
        ...part.definitions.map(([name, meaning]): Row => [textOf(name), paragraphs(meaning)[1] ?? ""])
      )
    }
  }
  return { meaning: found.DESCRIPTION, arguments: found.ARGUMENTS, flags: found.OPTIONS }
}

const parts = (doc: HelpDoc.HelpDoc): ReadonlyArray<HelpDoc.HelpDoc> =>
  HelpDoc.isSequence(doc) ? [...parts(doc.left), ...parts(doc.right)] : [doc]

const paragraphs = (doc: HelpDoc.HelpDoc) => parts(doc).filter(HelpDoc.isParagraph).map(({ value }) => textOf(value))

const textOf = (span: Span.Span) => stripVTControlCharacters(HelpDoc.toAnsiText(HelpDoc.p(span))).trim()

const table = (rows: ReadonlyArray<Row>, columns: number) => {
  const width = Math.max(...rows.map(([name]) => name.length)) + 4
  return rows.map(([name, meaning]) => wrapped(`  ${name}`.padEnd(width) + meaning, columns, width)).join("\n")
}

/** Breaks a text at spaces into lines that fit, indented from the second on. */
const wrapped = (text: string, columns: number, indent: number): string => {
  if (text.length <= columns) return text
  const at = text.lastIndexOf(" ", columns)
  if (at <= indent) return text
  return `${text.slice(0, at)}\n${wrapped(" ".repeat(indent) + text.slice(at + 1), columns, indent)}`
}
