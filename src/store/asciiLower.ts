/** The text with A to Z as a to z and all else as it is, as SQLite's `lower` has it. */
export const asciiLower = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
