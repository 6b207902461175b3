/** A span for a person, as in "9.8 s". */
export const inSeconds = (millis: number): string => `${(millis / 1000).toFixed(1)} s`
