import type { JobEvent } from "../../index.ts"
import type { EventView } from "./eventView.ts"
import { eventView } from "./eventView.ts"

/** An event in the ring, whose text is made once somebody reads it. */
interface Frame {
  readonly sequence: number
  readonly tag: JobEvent["_tag"]
  readonly view: Readonly<Record<string, unknown>>
  text: string | undefined
}

/** The lines of the events between two places. `from` is not the place that was asked for where events behind that are gone. */
export interface Reading {
  readonly from: number
  readonly text: string
  readonly to: number
}

/**
 * The last events, in the order they were told, for readers that each keep only their place.
 *
 * However many read and however slow they are, this is all that is kept.
 */
export class EventRing {
  readonly #frames: Array<Frame> = []
  readonly #size: number
  readonly #name: string
  readonly #viewOf: EventView
  #last = 0

  /** `name` is in every id, so that the ids of another process are not mistaken for this one's. */
  constructor(name: string, size: number, viewOf: EventView = eventView) {
    this.#viewOf = viewOf
    this.#name = name
    this.#size = size
  }

  /** The place behind the newest event. */
  get end(): number {
    return this.#last
  }

  get #start(): number {
    return this.#last - this.#frames.length
  }

  /** `at` is when it was told, in epoch milliseconds. */
  add(event: JobEvent, at: number): void {
    this.#last++
    this.#frames.push({ sequence: this.#last, tag: event._tag, view: { at, ...this.#viewOf(event) }, text: undefined })
    if (this.#frames.length > this.#size) this.#frames.shift()
  }

  /** The place behind the event of this id; undefined if it is not one of this ring. */
  placeOf(id: string): number | undefined {
    const [, name, sequence] = /^([0-9a-f]+)-(\d{1,15})$/.exec(id) ?? []
    const place = Number(sequence)
    return name === this.#name && place <= this.#last ? place : undefined
  }

  idOf(place: number): string {
    return `${this.#name}-${place}`
  }

  /** At most so many events behind a place, as lines of an event stream. */
  read(place: number, most: number): Reading {
    const from = Math.max(place, this.#start)
    const frames = this.#frames.slice(from - this.#start, from - this.#start + most)
    const text = frames.map((frame) => frame.text ??= this.#textOf(frame)).join("")
    return { from, text, to: from + frames.length }
  }

  #textOf({ sequence, tag, view }: Frame): string {
    return `id: ${this.idOf(sequence)}\nevent: ${tag}\ndata: ${JSON.stringify(view)}\n\n`
  }
}
