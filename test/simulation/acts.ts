import type { StoreOperation } from "../../src/testing/StoreFaults.ts"
import type { ActRequest } from "../../src/store/JobStore.ts"
import type { Call } from "./History.ts"

/** The operation for one job by which a call changes a row, with the request that it would have had. */
export const ofOneJob = ({ operation, request }: Pick<Call, "operation" | "request">): {
  readonly operation: StoreOperation
  readonly request: unknown
} => {
  if (operation !== "act") return { operation, request }
  const { action, available, filter: { partitionKey } } = request as ActRequest
  switch (action) {
    case "cancel":
    case "delete":
      return { operation: action, request: { partitionKey } }
    case "retry":
      return { operation: "retry", request: { partitionKey, available } }
    case "run-now":
      return { operation: "edit", request: { partitionKey, changes: { available: { after: 0 } } } }
  }
}
