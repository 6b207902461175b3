/**
 * Milliseconds for which an answer that many pages ask for is one for all of them: ten that look once a second make two looks.
 * Readers of events get theirs as much later, so what a page is shown after an event is never from before it.
 */
export const newFor = 500
