/**
 * Milliseconds for which an answer that many pages ask for is one for all of them: ten that look once a second make some two
 * looks. Readers are told of events as often, and no answer from before that is new any more.
 */
export const newFor = 500
