import { makeCell } from "./Cell.ts"

/** The colours of the page: as the system has them, or as the reader chose. */
export type Theme = "system" | "light" | "dark"

const key = "holdfast.theme"

const isTheme = (text: string | null): text is Theme => text === "system" || text === "light" || text === "dark"

export const theme = makeCell<Theme>("system")

/** Shows the page in these colours, and keeps the choice. */
export const setTheme = (chosen: Theme): void => {
  theme.set(chosen)
  localStorage.setItem(key, chosen)
  document.documentElement.dataset["theme"] = chosen
}

/** Takes up the choice that was kept. */
export const beginTheme = (): void => {
  const kept = localStorage.getItem(key)
  setTheme(isTheme(kept) ? kept : "system")
}

/** The choice that comes after one, as its button goes through them. */
export const nextTheme = (chosen: Theme): Theme =>
  chosen === "system" ? "light" : chosen === "light" ? "dark" : "system"
