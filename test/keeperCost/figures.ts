/** One measurement. */
export type Task =
  & {
    readonly database: string
    /** With the keeper's thread and the sockets of presence, or without both. */
    readonly isKept: boolean
  }
  & (
    | { readonly of: "drain"; readonly jobs: number; readonly concurrency: number }
    /** `holds`: one job runs meanwhile, or none. */
    | { readonly of: "idle"; readonly seconds: number; readonly holds: boolean }
  )

/** The figures of a measurement, by name. */
export type Figures = Readonly<Partial<Record<FigureName, number>>>

export type FigureName = "cpuMicrosPerJob" | "jobsPerSecond" | "megabytes" | "wakeUpsPerSecond"
