import { keepLeases } from "./keeperThread.ts"
import { mainStack } from "./mainStack.ts"
import { textOf } from "./textOf.ts"
import { writeHang } from "./writeHang.ts"

/** The thread's code: a function `keep`, whose argument opens the connection. */
// A build that keeps names calls `__name` in each function.
export const threadText = `const __name = (named) => named;
const { workerData } = require("node:worker_threads");
const keep = (open) => (${textOf(keepLeases)})(
  require,
  () => open(require, workerData.database),
  (${textOf(writeHang)})(
    require,
    () => workerData.canBePaused ? (${textOf(mainStack)})(require) : Promise.resolve(undefined)
  )
);`
