import type { ComponentChildren } from "preact"
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks"
import type { Session } from "../api/wire.ts"
import type { Stats } from "../../domain/Stats.ts"
import { Banner } from "../parts/Banner.tsx"
import { Header } from "../parts/Header.tsx"
import { Help } from "../parts/Help.tsx"
import { Empty, Failure, Loading } from "../parts/States.tsx"
import { Toasts } from "../parts/Toasts.tsx"
import { TokenForm } from "../parts/TokenForm.tsx"
import { useCell } from "../state/Cell.ts"
import { setServerTime } from "../state/clock.ts"
import { client, isArriving, lastStats, route, session, token } from "../state/page.ts"
import type { Route } from "../state/router.ts"
import { addressOf } from "../state/router.ts"
import { useKeys } from "../state/useKeys.ts"
import type { Polled } from "../state/usePolled.ts"
import { usePolled } from "../state/usePolled.ts"
import { useTitle } from "../state/useTitle.ts"
import { Jobs } from "./Jobs.tsx"
import { JobScreen } from "./JobScreen.tsx"
import { Overview } from "./Overview.tsx"
import { Queues } from "./Queues.tsx"
import { TroubleScreen } from "./TroubleScreen.tsx"
import { Workers } from "./Workers.tsx"

/** The span in which ended jobs are counted, in milliseconds. */
const over = 300_000

/** The page: a form for the token, or the screens. */
export const App = () => {
  const given = useCell(token)
  const arriving = useCell(isArriving)
  if (given !== null) return <Inside key={given} />
  return arriving
    ? (
      <main>
        <Loading what="the page" />
      </main>
    )
    : <TokenForm />
}

const Inside = () => {
  const shown = useCell(route)
  const known = useCell(session)
  const [isHelpOpen, setHelpOpen] = useState(false)
  const main = useRef<HTMLElement>(null)
  const greeting = usePolled<Session>("session", {
    load: (signal) => client.ask("GET", "session", undefined, signal),
    onValue: (value) => {
      session.set(value)
      setServerTime(value.now)
    },
    isSame: () => true,
    concerns: () => false,
    least: 60_000,
    most: 600_000
  })
  useKeys({
    "?": () => setHelpOpen(true),
    w: () => void (location.hash = addressOf({ view: "workers" })),
    "/": () => document.getElementById("search")?.focus()
  })
  // Who moves to another screen goes on reading at its head.
  const place = shown.view === "job" ? `job ${shown.id}` : shown.view
  const before = useRef(place)
  useLayoutEffect(() => {
    if (before.current === place) return
    before.current = place
    window.scrollTo(0, 0)
    main.current?.focus({ preventScroll: true })
  }, [place])

  return (
    <>
      <a
        class="skip"
        href={addressOf(shown)}
        onClick={(event) => {
          event.preventDefault()
          main.current?.focus()
        }}
      >
        Skip to the content
      </a>
      <Header view={shown.view} onHelp={() => setHelpOpen(true)} />
      <Banner />
      <main ref={main} tabIndex={-1} id="content">
        {known === null
          ? (greeting.error === null
            ? <Loading what="the page" />
            : <Failure error={greeting.error} onRetry={greeting.look} />)
          : <Screen shown={shown} />}
      </main>
      <Toasts />
      {isHelpOpen ? <Help onClose={() => setHelpOpen(false)} /> : null}
    </>
  )
}

const Screen = ({ shown }: { readonly shown: Route }) => {
  switch (shown.view) {
    case "overview":
      return (
        <Titled title="Overview">
          <WithStats>{(stats) => <Overview span={shown.span} stats={stats} />}</WithStats>
        </Titled>
      )
    case "jobs":
      return (
        <Titled title="Jobs">
          <Names />
          <Jobs key={addressOf(shown)} filter={shown.filter} />
        </Titled>
      )
    case "job":
      return <JobScreen key={shown.id} id={shown.id} />
    case "queues":
      return (
        <Titled title="Queues and kinds">
          <WithStats>{(stats) => <Queues by={shown.by} find={shown.find} stats={stats} />}</WithStats>
        </Titled>
      )
    case "workers":
      return (
        <Titled title="Workers">
          <Workers />
        </Titled>
      )
    case "trouble":
      return (
        <Titled title="Trouble">
          <WithStats>{(stats) => <TroubleScreen type={shown.type} stats={stats} />}</WithStats>
        </Titled>
      )
    case "unknown":
      return (
        <Titled title="Not found">
          {/* The looks at the counts tell if the server answers, as on every screen. */}
          <WithStats>
            {() => (
              <Empty title="There is no such view">
                <p>
                  <a href="#/">Go to the overview</a>
                </p>
              </Empty>
            )}
          </WithStats>
        </Titled>
      )
  }
}

const Titled = ({ children, title }: { readonly title: string; readonly children: ComponentChildren }) => {
  useTitle(title)
  return (
    <>
      <h1>{title}</h1>
      {children}
    </>
  )
}

const loadStats = (signal: AbortSignal): Promise<Stats> => client.ask("GET", `stats?over=${over}`, undefined, signal)

const takeInStats = (stats: Stats) => {
  setServerTime(stats.at)
  lastStats.set(stats)
}

/** Looks at the queues, at most once a second, for the screens that show their counts. */
const WithStats = ({ children }: { readonly children: (stats: Polled<Stats>) => ComponentChildren }) => {
  const stats = usePolled<Stats>("stats", {
    load: loadStats,
    onValue: takeInStats,
    isSame: (before, now) => JSON.stringify(before.lanes) === JSON.stringify(now.lanes)
  })
  return <>{children(stats)}</>
}

/** Learns the names of queues and kinds for the filters, where no other screen has. */
const Names = () => {
  useEffect(() => {
    if (lastStats.get() !== null) return
    const controller = new AbortController()
    // Without the names the filters are fields to type in.
    loadStats(controller.signal).then(takeInStats, () => {})
    return () => controller.abort()
  }, [])
  return null
}
