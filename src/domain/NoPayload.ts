import { Predicate, Schema } from "effect"

/** The same symbol in every copy of the package: a bundler or a monorepo may bring two. */
const NoPayloadId: unique symbol = Symbol.for("holdfast/domain/NoPayload")

/** The payload schema of a definition that names none. */
export interface NoPayload extends Schema.Schema<void, unknown> {
  readonly [NoPayloadId]: typeof NoPayloadId
}

/**
 * Stores an empty object and reads anything. So a later release can add a
 * payload whose fields are optional or have defaults and decode the jobs that
 * wait, and this release can run the jobs of a later one.
 */
export const NoPayload: NoPayload = Object.assign(
  Schema.transform(Schema.Unknown, Schema.Void, { strict: true, decode: () => undefined, encode: () => ({}) }),
  { [NoPayloadId]: NoPayloadId } as const
)

/** The payload of a call and what follows it, which moves up where the definition has no payload. */
export const payloadAndMore = <More>(
  { payloadSchema }: { readonly payloadSchema: Schema.Schema.Any },
  first: unknown,
  second: More | undefined
): readonly [payload: unknown, more: More | undefined] =>
  Predicate.hasProperty(payloadSchema, NoPayloadId)
    ? [undefined, second ?? first as More | undefined]
    : [first, second]
