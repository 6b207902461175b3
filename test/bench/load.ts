/** What every job of the bench carries: about 200 bytes of JSON. */
export interface Payload {
  readonly n: number
  readonly account: string
  readonly template: string
  readonly subject: string
  readonly body: string
  readonly tags: ReadonlyArray<string>
}

/** The payload of the nth job. */
export const payloadOf = (n: number): Payload => ({
  n,
  account: `account-${String(n).padStart(8, "0")}`,
  template: "welcome-to-the-service",
  subject: "Your account is ready to be used",
  body: "Thank you for signing up. Click the link below to begin.",
  tags: ["welcome", "email", "transactional"]
})

/** Payloads for so many jobs. */
export const payloads = (jobs: number): ReadonlyArray<Payload> => Array.from({ length: jobs }, (_, n) => payloadOf(n))

/** The jobs that are done before the measured ones, so that the code is compiled by then. */
export const warmUpOf = (jobs: number): number => Math.ceil(jobs / 5)

/** The jobs of each of so many producers. */
export const sharesOf = (jobs: number, producers: number): ReadonlyArray<number> =>
  Array.from({ length: producers }, (_, producer) => Math.floor((jobs + producers - 1 - producer) / producers))
