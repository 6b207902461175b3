import type { SimulationProof } from "../docs/proof.ts"
import { sometimes } from "./Findings.ts"
import type { Simulated } from "./simulate.ts"

/** What many seeds come to together. */
export class Tally {
  seeds = 0
  jobs = 0
  calls = 0
  violations = 0
  simulatedMillis = 0
  readonly faults = new Map<string, number>()
  readonly reached = new Map<string, number>()
  private readonly startedAt = process.hrtime.bigint()

  add(simulated: Simulated): void {
    this.seeds++
    this.jobs += simulated.jobs
    this.calls += simulated.calls
    this.violations += simulated.violations.length
    this.simulatedMillis += simulated.simulatedMillis
    for (const [fault, times] of simulated.faults) this.faults.set(fault, (this.faults.get(fault) ?? 0) + times)
    for (const [state, times] of simulated.reached) this.reached.set(state, (this.reached.get(state) ?? 0) + times)
  }

  private get faultsInAll(): number {
    return [...this.faults.values()].reduce((a, b) => a + b, 0)
  }

  /** For people. */
  report(from: number): string {
    const seconds = Number(process.hrtime.bigint() - this.startedAt) / 1e9
    const grouped = (count: number) => count.toLocaleString("en-US")
    const faults = [...this.faults].sort((a, b) => b[1] - a[1]).map(([name, times]) => `${name} ${grouped(times)}`)
    const missing = sometimes.filter((state) => !this.reached.has(state))
    return [
      `${grouped(this.seeds)} seeds from ${from}, ${(this.simulatedMillis / 3_600_000).toFixed(1)} simulated hours, `
      + `${grouped(this.jobs)} jobs, ${grouped(this.calls)} store operations, ${grouped(this.faultsInAll)} faults, `
      + `${grouped(this.violations)} violations, in ${seconds.toFixed(0)} s`,
      `faults: ${faults.join(", ")}`,
      `rare states reached: ${sometimes.length - missing.length} of ${sometimes.length}`,
      ...missing.map((state) => `  not yet: ${state}`)
    ].join("\n")
  }

  /** For the record. */
  proof(from: number): Omit<SimulationProof, "commit" | "date"> {
    return {
      seeds: [[from, from + this.seeds - 1]],
      simulatedMillis: this.simulatedMillis,
      jobs: this.jobs,
      calls: this.calls,
      faults: Object.fromEntries(this.faults),
      violations: this.violations
    }
  }
}
