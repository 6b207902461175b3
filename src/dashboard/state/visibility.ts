/** True while the reader can see the page. */
export const isVisible = (): boolean => !document.hidden

/** Calls back when the page is shown or hidden, until the answer is called. */
export const onVisibility = (listener: (visible: boolean) => void): () => void => {
  const tell = () => listener(isVisible())
  document.addEventListener("visibilitychange", tell)
  return () => document.removeEventListener("visibilitychange", tell)
}
