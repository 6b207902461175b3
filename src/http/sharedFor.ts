/**
 * Milliseconds for which an answer is shared among all who ask for the same: ten pages that look once a second cause some two
 * looks. Events are told to readers as often, and no answer from before that is shared any longer.
 */
export const sharedFor = 500
