import type { Snapshot } from "../../snapshots/Snapshots.ts"
import { instant } from "../api/views.ts"

/** A snapshot as the API answers it. */
export const snapshotView = ({ created_at, id, snapshot }: Snapshot) => ({
  snapshot_id: id,
  created_at: instant(created_at),
  snapshot_json: snapshot
})
