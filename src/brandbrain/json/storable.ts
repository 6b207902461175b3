/**
 * The text as every database can store it.
 *
 * PostgreSQL knows neither U+0000 nor half of a surrogate pair, so U+FFFD takes the place of each.
 */
export const storable = (text: string): string => text.toWellFormed().replaceAll("\u0000", "\uFFFD")
