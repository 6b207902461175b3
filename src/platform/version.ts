/**
 * The version of Holdfast, as in package.json; a test holds it to that. It is not read
 * from the file, which a bundle of an app does not have beside it.
 */
export const version = "0.1.0"
