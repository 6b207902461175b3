import { render } from "preact"
import { App } from "./screens/App.tsx"
import { begin } from "./state/page.ts"
import { beginTheme } from "./state/theme.ts"

beginTheme()
begin()
const root = document.getElementById("app")
if (root !== null) render(<App />, root)
