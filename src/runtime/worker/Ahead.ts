/** The jobs that a worker has claimed before there is a place for them, in the order of their claims. */
export class Ahead<Job> {
  private readonly waiting = new Set<Job>()
  readonly most: number
  private isStuck = false

  constructor(most: number) {
    this.most = most
  }

  get jobs(): Iterable<Job> {
    return this.waiting
  }

  /**
   * The number of jobs to claim ahead now. None while more than half of `most` wait:
   * a claim for every job that begins would gain nothing. None either after a job
   * has waited in vain, until the next place is free: it would come right back.
   */
  get room(): number {
    return this.isStuck || 2 * this.waiting.size > this.most ? 0 : this.most - this.waiting.size
  }

  has(job: Job): boolean {
    return this.waiting.has(job)
  }

  add(job: Job): void {
    this.waiting.add(job)
  }

  /** Takes a job out that is not to begin any more. */
  giveUp(job: Job): void {
    if (this.waiting.delete(job)) this.isStuck = true
  }

  /** Takes out the job whose turn it is, now that a place is free. */
  next(): Job | undefined {
    this.isStuck = false
    const [next] = this.waiting
    if (next !== undefined) this.waiting.delete(next)
    return next
  }
}
