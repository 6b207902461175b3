import { Context } from "effect"

/**
 * True where an operation has to end before the event loop turns again, as in a
 * crash: it passes by a fiber that holds the connection and waits for a turn.
 */
export class AtOnce extends Context.Reference<AtOnce>()("holdfast/store/AtOnce", { defaultValue: () => false }) {}
