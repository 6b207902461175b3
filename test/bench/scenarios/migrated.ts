/** A database with Holdfast's tables and no jobs, for runs that must not load Holdfast themselves. */
export const migrated = {
  migrated: async (path: string) => {
    const { migrate } = await import("../contenders/holdfast.ts")
    await migrate(path)
  }
}
