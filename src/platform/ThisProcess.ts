import { Context } from "effect"
import { hostname } from "node:os"

/** The machine and the process that a worker runs in, as its row names them. */
export interface ThisProcessService {
  readonly host: string
  readonly pid: number
}

/** Replaceable, so that a simulation may run several processes in one. */
export class ThisProcess extends Context.Reference<ThisProcess>()("holdfast/platform/ThisProcess", {
  defaultValue: (): ThisProcessService => ({ host: hostname(), pid: process.pid })
}) {}
