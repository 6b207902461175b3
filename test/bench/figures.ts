/** The figures that runs report, with their headings. */
export const figures = {
  jobsPerSecond: { heading: "jobs/s", unit: "jobs/s" },
  cpuMicrosPerJob: { heading: "CPU µs a job", unit: "µs" },
  serverCpuMicrosPerJob: { heading: "server's CPU µs a job", unit: "µs" },
  walBytesPerJob: { heading: "WAL bytes a job", unit: "bytes" },
  p50Millis: { heading: "p50 ms", unit: "ms" },
  p99Millis: { heading: "p99 ms", unit: "ms" },
  claimMicros: { heading: "claim µs", unit: "µs" },
  lookMicros: { heading: "look µs", unit: "µs" },
  gapMillis: { heading: "longest gap ms", unit: "ms" },
  turnCpuMillis: { heading: "CPU of the longest turn ms", unit: "ms" },
  beatGapMillis: { heading: "longest gap while leases renew ms", unit: "ms" },
  beatTurnCpuMillis: { heading: "CPU of the longest turn while leases renew ms", unit: "ms" },
  addedMegabytes: { heading: "MB above idle", unit: "MB" },
  millis: { heading: "ms", unit: "ms" }
} as const

export type FigureName = keyof typeof figures

/** A number with three digits that count, and thousands set apart. */
export const digits = (value: number): string => {
  if (!Number.isFinite(value)) return String(value)
  const places = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 0.001))))
  return Number(value.toFixed(places)).toLocaleString("en-US", {
    minimumFractionDigits: Math.abs(value) >= 100 ? 0 : Math.min(places, 2),
    maximumFractionDigits: places
  })
}
