/** A place in the source, and what it is changed to. */
export interface Edit {
  /** Where it stood when it was written, from the root of the project: decides only where `find` stands in several files. */
  readonly file: string
  /** Stands exactly once in src, whatever the white space. */
  readonly find: string
  readonly replace: string
}

/** A broken variant of the program, which a test must tell from the right one. */
export interface Mutant extends Edit {
  /** A sentence that says what is broken. */
  readonly name: string
  /** Where one place is not enough, as when two fences stand behind each other. */
  readonly also?: ReadonlyArray<Edit>
  /** Who is to notice: test files, one or more of which fail, or the simulation, with the seeds that showed it last. */
  readonly killedBy: ReadonlyArray<string> | { readonly simulate: ReadonlyArray<number> }
  /** It may make a test wait for ever, and that counts; of any other mutant only a failing assertion does. */
  readonly hangs?: true
}

/** The simulation is to notice, at one of these seeds when it was last run. */
export const bySeed = (...seeds: ReadonlyArray<number>): Mutant["killedBy"] => ({ simulate: seeds })

/** A change that nobody can observe, and why. It is not run. */
export interface Equivalent extends Edit {
  readonly name: string
  readonly because: string
}

/** Every edit of a mutant, in the order they are made. */
export const editsOf = (mutant: Mutant | Equivalent): ReadonlyArray<Edit> => [
  { file: mutant.file, find: mutant.find, replace: mutant.replace },
  ...("also" in mutant ? mutant.also ?? [] : [])
]
