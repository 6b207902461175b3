/** The names of `Worker` that users see. */

export { check, events, layer, run } from "../runtime/Worker.ts"
export type { LayerOptions, Limits, Options, QueueOptions, Requirements } from "../runtime/Worker.ts"
