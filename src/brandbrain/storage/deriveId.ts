import { hashJson } from "../json/canonicalJson.ts"

/**
 * Derives an id from the kind and key of what it names: half a SHA-256, so that two keys never share one.
 *
 * Writing the same thing again, in this process or another, writes the same row.
 */
export const deriveId = (kind: string, ...key: ReadonlyArray<string>): string => hashJson([kind, ...key]).slice(0, 32)
