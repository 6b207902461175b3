import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { basename, dirname, join, normalize, relative, sep } from "node:path"
import { fileURLToPath } from "node:url"
import { version } from "../src/platform/version.ts"

const src = fileURLToPath(new URL("../src", import.meta.url))

const manifest = JSON.parse(readFileSync(join(src, "../package.json"), "utf8")) as {
  readonly version: string
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>
}

interface Source {
  /** As in "runtime/Worker.ts". */
  readonly path: string
  /** The folder of src it is in, or its own name when it is in none. */
  readonly room: string
  /** Without comments. */
  readonly code: string
  /** What it imports or exports from, as written; our own files as paths like `path`. */
  readonly imports: ReadonlyArray<string>
  /** Those of them that are loaded with it; the others when they are asked for. */
  readonly loads: ReadonlyArray<string>
}

const sources: ReadonlyArray<Source> = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name))
  .map((name) => {
    const path = name.split(sep).join("/")
    const code = readFileSync(join(src, name), "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "")
    const named = (pattern: RegExp) =>
      [...code.matchAll(pattern)].map(([, named = ""]) =>
        named.startsWith(".") ? normalize(join(dirname(path), named)).split(sep).join("/") : named
      )
    return {
      path,
      room: roomOf(path),
      code,
      imports: named(/\b(?:from|import)\s*\(?\s*"([^"]+)"/g),
      loads: named(/\b(?:from|import)\s*"([^"]+)"/g)
    }
  })

function roomOf(path: string): string {
  return path.split("/")[0] ?? path
}

const isOurs = (named: string) => /\.(?:tsx?|json)$/.test(named)

/**
 * The floors of the house. The barrels show `domain`, `platform`, `store` and `runtime`
 * to the rooms above, and `public` lists what a namespace of theirs shows. `web` holds the
 * parts of an HTTP API that know of no job. What `define.ts` may load is
 * checked by itself.
 * What users test with stands on the roof: it sees everything, and nothing that
 * runs in production leads up to it.
 */
const floors: Readonly<Record<string, number>> = {
  domain: 0,
  web: 0,
  platform: 1,
  store: 2,
  runtime: 3,
  public: 4,
  telemetry: 4,
  "define.ts": 4,
  "index.ts": 4,
  "store.ts": 4,
  "sqlite.ts": 4,
  "postgres.ts": 4,
  "telemetry.ts": 4,
  cli: 5,
  http: 5,
  "http.ts": 6,
  dashboard: 5,
  testing: 6,
  "testing.ts": 7
}

/** The floors of the reference app. A compile goes up through them; the commands and the API stand on top. */
const appFloors: Readonly<Record<string, number>> = {
  json: 0,
  storage: 1,
  config: 1,
  brands: 2,
  actors: 2,
  evidence: 3,
  normalise: 4,
  language: 4,
  gather: 5,
  subjects: 5,
  draft: 6,
  model: 7,
  snapshots: 7,
  compile: 8,
  commands: 9,
  "http/api": 9,
  "http/handlers": 10,
  "http/server": 11,
  "": 12
}

/** As in "http/api", for "brandbrain/http/api/client.ts". Migrations and recorded data belong to the room around them. */
const appRoomOf = (path: string) =>
  path.split("/").slice(1, -1).filter((folder) => folder !== "migrations" && folder !== "recorded").join("/")

/** A circle of imports for each file that closes one, types included. */
const circles = (files: ReadonlyArray<Source>): ReadonlyArray<string> => {
  const importsOf = new Map(files.map(({ imports, path }) => [path, imports]))
  const done = new Set<string>()
  const from = (path: string, way: ReadonlyArray<string>): ReadonlyArray<string> => {
    if (way.includes(path)) return [[...way.slice(way.indexOf(path)), path].join(" -> ")]
    if (done.has(path)) return []
    const found = (importsOf.get(path) ?? []).filter((each) => importsOf.has(each)).flatMap((each) =>
      from(each, [...way, path])
    )
    done.add(path)
    return found
  }
  return files.flatMap(({ path }) => from(path, []))
}

/** What an entry loads, ours and others'. */
const loadedBy = (entry: string) => {
  const seen = new Set<string>([entry])
  for (const path of seen) {
    for (const imported of sources.find((source) => source.path === path)?.loads ?? []) seen.add(imported)
  }
  return [...seen]
}

/** The files, outside the rooms named, whose code matches. */
const filesWith = (pattern: RegExp, except: ReadonlyArray<string> = []) =>
  sources
    .filter(({ code, path, room }) => pattern.test(code) && !except.includes(room) && !except.includes(path))
    .map(({ path }) => path)

const expectNone = (paths: ReadonlyArray<string>) => assert.deepStrictEqual(paths, [])

describe("the house", () => {
  it("every room and its imports are seen", () => {
    for (const room of ["domain", "platform", "store", "runtime", "index.ts", "testing", "testing.ts"]) {
      assert.isTrue(sources.some((source) => source.room === room && source.imports.length > 0), room)
    }
    const worker = sources.find(({ path }) => path === "runtime/Worker.ts")
    assert.includeMembers([...worker?.imports ?? []], ["effect", "store/JobStore.ts", "runtime/worker/workerLoop.ts"])
  })

  it("of the packages beside effect only the modules that are needed are loaded", () =>
    expectNone(
      sources.flatMap(({ code, path }) =>
        [...code.matchAll(/^(?:import|export) (?!type).*"(@effect\/[a-z-]+)"$/gm)].map(([, whole]) =>
          `${path} loads all of ${whole}`
        )
      )
    ))

  it("word lists are loaded by a draft, not by a start", () => {
    const lists = /^import (?!type).*"(?:compromise|stopword|tinyld)(?:\/.*)?"$/m
    expectNone(filesWith(lists))
    assert.deepStrictEqual(filesWith(/\bimport\("(?:compromise|stopword|tinyld)/), [
      "brandbrain/language/languageLibrary.ts"
    ])
  })

  it("what sends telemetry is loaded by a start that sends some, and by no entry", () => {
    const exporters = /^@effect\/opentelemetry/
    for (const path of ["main.ts", "program/startCommand.ts", "program/worker.ts", "telemetry.ts", "index.ts"]) {
      expectNone(loadedBy(path).filter((named) => exporters.test(named)))
    }
    assert.isTrue(loadedBy("program/otlp.ts").some((named) => exporters.test(named)))
    // What only that package's SDK parts need is not installed.
    expectNone(
      sources.flatMap(({ imports }) => imports).filter((named) =>
        exporters.test(named) && !/\/Otlp(?:Logger|Metrics|Resource|Serialization|Tracer)$/.test(named)
      )
    )
  })

  it("an import goes down or stays, and never up", () => {
    expectNone(sources.flatMap(({ imports, path, room }) => {
      const floor = floors[room]
      return floor === undefined ? [] : imports.filter(isOurs)
        .filter((imported) => (floors[roomOf(imported)] ?? Infinity) > floor)
        .map((imported) => `${path} imports ${imported}`)
    }))
  })

  it("no file imports itself by way of others", () => {
    expectNone(circles(sources))
  })

  it("the reference app sees of us what every app sees, the barrel, and shares the parts of an HTTP API", () => {
    expectNone(
      sources.filter(({ room }) => room === "brandbrain").flatMap(({ imports, path }) =>
        imports.filter(isOurs)
          .filter((imported) => !["brandbrain", "web", "index.ts"].includes(roomOf(imported)))
          .map((imported) => `${path} imports ${imported}`)
      )
    )
  })

  it("the parts of an HTTP API know neither of the two that are made of them", () => {
    const web = sources.filter(({ room }) => room === "web")
    assert.isNotEmpty(web)
    expectNone(
      web.flatMap(({ imports, path }) =>
        imports.filter(isOurs).filter((imported) => roomOf(imported) !== "web").map((named) =>
          `${path} imports ${named}`
        )
      )
    )
  })

  it("its rooms import downward only, and what composes them stands on top", () => {
    const floorOf = (path: string) => appFloors[appRoomOf(path)]
    const app = sources.filter(({ room }) => room === "brandbrain")
    expectNone(app.filter(({ path }) => floorOf(path) === undefined).map(({ path }) => `${path} is in no known room`))
    expectNone(app.flatMap(({ imports, path }) =>
      imports
        .filter((imported) => roomOf(imported) === "brandbrain" && appRoomOf(imported) !== appRoomOf(path))
        .filter((imported) => (floorOf(imported) ?? Infinity) >= (floorOf(path) ?? -1))
        .map((imported) => `${path} imports ${imported}`)
    ))
  })

  it("its rooms hold at most fifteen files", () =>
    expectNone(
      Object.keys(appFloors).filter((name) =>
        sources.filter(({ path }) => path.startsWith("brandbrain/") && appRoomOf(path) === name).length > 15
      )
    ))

  it("nothing outside it imports what is for tests", () => {
    expectNone(
      sources.filter(({ room }) => !room.startsWith("testing")).flatMap(({ imports, path }) =>
        imports.filter((imported) => roomOf(imported).startsWith("testing")).map((named) => `${path} imports ${named}`)
      )
    )
  })

  it("what is for tests needs nothing but what every app has", () => {
    expectNone(
      sources.filter(({ room }) => room.startsWith("testing")).flatMap(({ imports, path }) =>
        imports
          .filter((imported) => !isOurs(imported) && !["effect", "node:util"].includes(imported))
          .map((imported) => `${path} imports ${imported}`)
      )
    )
  })

  it("the version in the code is that of the package", () => assert.strictEqual(version, manifest.version))

  it("there is one barrel for each entry of the package", () => {
    const entries = Object.values(manifest.exports).flatMap((entry) => typeof entry === "string" ? [] : [entry.default])
    const barrels = entries.map((entry) => entry.replace(/^\.\/dist\/(.*)\.js$/, "$1.ts"))
    assert.deepStrictEqual(barrels, [
      "index.ts",
      "define.ts",
      "store.ts",
      "sqlite.ts",
      "postgres.ts",
      "http.ts",
      "telemetry.ts",
      "testing.ts"
    ])
    // The type of another package is not a module of ours.
    expectNone(filesWith(/^export\b[^"=;]*\bfrom\s*"\./m, [...barrels, "public"]))
  })

  it("a definition needs nothing of Node's, so that it goes into a browser's bundle", () => {
    const seen = loadedBy("define.ts")
    assert.include(seen, "domain/Job.ts")
    expectNone(seen.filter((named) => !isOurs(named) && named !== "effect"))
    expectNone(
      sources.filter(({ code, path }) => seen.includes(path) && /\b(?:Buffer|process|setImmediate)\b/.test(code))
        .map(({ path }) => path)
    )
  })

  it("only the entry for SQLite, and the one for tests, load its driver", () => {
    const driver = /sqlite-node|better-sqlite3|sql-pg/
    for (const entry of ["index.ts", "store.ts", "telemetry.ts", "http.ts"]) {
      expectNone(loadedBy(entry).filter((named) => driver.test(named)))
    }
    for (const entry of ["sqlite.ts", "testing.ts"]) assert.isTrue(loadedBy(entry).some((named) => driver.test(named)))
  })

  it("the entry for HTTP runs on any server: it loads no platform, and the barrel loads none of it", () => {
    expectNone(loadedBy("http.ts").filter((named) => named.startsWith("@effect/platform-")))
    assert.include(loadedBy("http.ts"), "@effect/platform/HttpApi")
    expectNone(loadedBy("index.ts").filter((named) => named.startsWith("http/") || named.startsWith("web/")))
  })

  it("a copy of a queue, a backup and a look for faults are the program's, so no entry loads them", () => {
    const ofTheProgram = /^store\/(?:copy|backup|doctor)\/|^better-sqlite3$/
    for (const entry of ["index.ts", "store.ts", "sqlite.ts", "postgres.ts", "http.ts", "testing.ts"]) {
      expectNone(loadedBy(entry).filter((named) => ofTheProgram.test(named)))
    }
  })

  it("the commands for a queue know no application: none of the reference app's code is loaded for them", () => {
    const commands = sources.map(({ path }) => path).filter((path) => path.startsWith("program/operate/"))
    assert.isNotEmpty(commands)
    for (const path of ["program/holdfastCommand.ts", ...commands]) {
      expectNone(loadedBy(path).filter((named) => named.startsWith("brandbrain/")))
    }
    // Each is loaded when it runs.
    expectNone(loadedBy("program/holdfastCommand.ts").filter((named) => named.startsWith("program/operate/")))
    // The program of the package has nothing of the reference app, not even to load it later.
    const inBin = new Set(["bin.ts"])
    for (const path of inBin) {
      for (const imported of sources.find((source) => source.path === path)?.imports ?? []) inBin.add(imported)
    }
    assert.include([...inBin], "program/operate/jobs.ts")
    expectNone([...inBin].filter((named) => named.startsWith("brandbrain/") || named === "program/startCommand.ts"))
  })

  it("a folder has no folders inside but the rooms that are known", () => {
    const inside = new Set([
      "sqlite",
      "postgres",
      "copy",
      "backup",
      "doctor",
      "transaction",
      "keeper",
      "presence",
      "wal",
      "migrations",
      "statements",
      "conformance",
      "recorded"
    ])
    const rooms = new Set([
      "program/operate",
      "program/server",
      ...["api", "feed", "handlers", "server"].map((room) => `http/${room}`),
      ...["worker", "attempt", "lease", "maintenance", "operate", "telemetry"].map((room) => `runtime/${room}`),
      ...["api", "parts", "screens", "state", "text"].map((room) => `dashboard/${room}`)
    ])
    expectNone(
      readdirSync(src, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => relative(src, join(entry.parentPath, entry.name)).split(sep).join("/"))
        .filter((path) =>
          path.includes("/") && !inside.has(basename(path)) && !rooms.has(path) && roomOf(path) !== "brandbrain"
        )
    )
  })

  it("a folder of the runtime has no more files than a reader can survey", () => {
    const filesIn = new Map<string, number>()
    for (const { path, room } of sources) {
      if (room === "runtime") filesIn.set(dirname(path), (filesIn.get(dirname(path)) ?? 0) + 1)
    }
    assert.isAtLeast(filesIn.size, 5)
    expectNone([...filesIn].filter(([, files]) => files > 15).map(([folder, files]) => `${folder}: ${files}`))
  })

  it("nothing is called by a name that says nothing", () => {
    expectNone(sources.map(({ path }) => path).filter((path) => /\b(utils?|helpers?|common|types)\b/i.test(path)))
  })
})

describe("the dashboard", () => {
  const page = sources.filter(({ room }) => room === "dashboard")

  it("is loaded by nothing else, and loads Preact and itself; of the domain it knows the types alone", () => {
    assert.isNotEmpty(page)
    expectNone(
      sources.filter(({ room }) => room !== "dashboard").flatMap(({ imports, path }) =>
        imports.filter((imported) => roomOf(imported) === "dashboard").map((named) => `${path} imports ${named}`)
      )
    )
    expectNone(page.flatMap(({ imports, path }) =>
      imports
        .filter((imported) => roomOf(imported) !== "dashboard" && !/^preact(?:\/hooks)?$/.test(imported))
        .filter((imported) => roomOf(imported) !== "domain")
        .map((named) => `${path} imports ${named}`)
    ))
    expectNone(
      page.filter(({ code }) => /^(?:import|export) (?!type)[^"]*"[^"]*\/domain\//m.test(code)).map(({ path }) => path)
    )
  })

  it("makes elements, and never text that a browser reads as code", () => {
    expectNone(
      page.filter(({ code }) =>
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|\beval\b|new Function|javascript:/i.test(code)
      ).map(({ path }) => path)
    )
  })

  it("asks the network in one place", () => {
    const asking = page.filter(({ code }) => /\bfetch\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon/.test(code))
    assert.deepStrictEqual(asking.map(({ path }) => path), ["dashboard/api/client.ts"])
  })

  it("keeps what needs no browser apart", () => {
    const pure = page.filter(({ path }) => path.startsWith("dashboard/text/"))
    assert.isNotEmpty(pure)
    expectNone(
      pure.filter(({ code, path }) =>
        path.endsWith(".tsx") || /\b(?:document|window|location|localStorage|preact)\b/.test(code)
      ).map(({ path }) => path)
    )
  })
})

describe("what only one place does", () => {
  /** The one place of the reference app that knows its databases apart. */
  const appDialect = "brandbrain/storage/dialect.ts"

  it("only the store talks SQL, and the reference app about its own tables", () => {
    expectNone(filesWith(/\bsql(<[^>]*>)?`|"@effect\/sql[^"]*"/, ["store", "brandbrain"]))
    expectNone(
      sources.filter(({ code, room }) => room === "brandbrain" && code.includes("holdfast_")).map(({ path }) => path)
    )
  })

  it("only the dialect knows that there is more than one database", () => {
    expectNone(filesWith(/\bonDialect/, ["store/dialect.ts", appDialect]))
  })

  it("only SQLite's own room speaks its words", () => {
    const words = /\bPRAGMA\b|\bpragma_|\bjson_\w+\(|\bjson\(|\bSQLITE_|\bsqlite_|\bINDEXED BY\b|\bBEGIN IMMEDIATE\b/
    assert.include(filesWith(words), "store/sqlite/dialect.ts")
    // One has a method of such a name.
    const others = [appDialect, "brandbrain/language/languageLibrary.ts"]
    expectNone(filesWith(words, others).filter((path) => !/^store\/(?:sqlite|postgres)\//.test(path)))
  })

  it("only PostgreSQL's own room speaks its words", () => {
    const words =
      /\bjsonb\b|\btimestamptz\b|\bSKIP LOCKED\b|\bpg_\w+\(|::(?:jsonb?|int|bigint|text|float8|uuid)\b|\bto_timestamp\b/
    assert.include(filesWith(words), "store/postgres/dialect.ts")
    expectNone(filesWith(words, [appDialect]).filter((path) => !path.startsWith("store/postgres/")))
  })

  for (const room of ["store/sqlite/", "store/postgres/"]) {
    it(`only entries, tests, the dialect and what reads a URL name what is in ${room}`, () => {
      const knowing = new Set([
        "sqlite.ts",
        "postgres.ts",
        "public/Store.ts",
        "store/dialect.ts",
        "store/fromUrl.ts",
        "store/tablesVersion.ts",
        "store/copy/openDatabase.ts",
        "store/backup/backUp.ts",
        "store/doctor/look.ts",
        "testing/layer.ts",
        "testing/layerPostgres.ts"
      ])
      expectNone(
        sources.filter(({ path }) => !path.startsWith(room) && !knowing.has(path)).flatMap(({ imports, path }) =>
          imports.filter((imported) => imported.startsWith(room)).map((named) => `${path} imports ${named}`)
        )
      )
    })
  }

  it("the domain is values: it imports nothing that reaches the world", () => {
    expectNone(
      sources.filter(({ room }) => room === "domain").flatMap(({ imports, path }) =>
        imports
          .filter((imported) => !isOurs(imported) && !["effect", "node:util"].includes(imported))
          .map((imported) => `${path} imports ${imported}`)
      )
    )
    expectNone(
      sources.filter(({ code, room }) => room === "domain" && /\bClock\b|\bprocess\./.test(code)).map(({ path }) =>
        path
      )
    )
  })

  it("no class of another module is known by its constructor, of which an app may load two copies", () => {
    // The page is one bundle, and its others are the browser's own classes.
    const asked = sources.filter(({ room }) => room !== "dashboard").flatMap(({ code, path }) =>
      [...code.matchAll(/\binstanceof\s+([\w.]+)/g)].map(([, name = ""]) => name)
        .filter((name) => !(name in globalThis) && !new RegExp(`class ${name}\\b`).test(code))
        .map((name) => `${path}: ${name}`)
    )
    assert.deepStrictEqual(asked, [])
  })

  it("only one place gives up a call of the store that is not answered", () => {
    // A job's backoff schedule is the app's code, and not a call of the store. Nor is the question whether a connection is there,
    // a statement of an app's own call, which nothing else bounds, or the end of a thread.
    const others = [
      "runtime/attempt/delayAfter.ts",
      "store/postgres/answering.ts",
      "store/postgres/notify.ts",
      "store/keeper/makeLeaseKeeper.ts",
      "brandbrain",
      "cli"
    ]
    expectNone(filesWith(/\bEffect\.disconnect\b/, others))
    // It leaves a fiber of its own behind, which is what disconnecting does.
    assert.deepStrictEqual(filesWith(/\bRuntime\.make\b/), ["runtime/callStore.ts"])
  })

  it("only the program reads the environment", () => {
    // `pg` reads its own variables, also in the thread that keeps leases, which has none.
    const ofDriver = ["store/postgres/keeper/postgresKeeper.ts", "store/postgres/keeper/openInThread.ts"]
    expectNone(filesWith(/\bprocess\.env\b/, ofDriver))
    expectNone(filesWith(/\bConfig\./, ["cli", "brandbrain"]))
  })

  it("only the program prints", () => {
    expectNone(filesWith(/\bconsole\.\w+\(|process\.std(out|err)\b/, ["main.ts", "bin.ts", "cli"]))
  })
})

describe("time, chance and timers", () => {
  it("come from services that a test can replace", () => {
    const keeper = [
      "store/keeper/keeperThread.ts",
      "store/keeper/mainStack.ts",
      "store/keeper/makeLeaseKeeper.ts",
      "store/keeper/writeHang.ts",
      "store/sqlite/keeper/openInThread.ts"
    ]
    // How long the real event loop has stood is told by real time only, and its service is what a test replaces.
    // The dashboard runs in a browser, where no Effect runs; what it says of time is in functions of an instant.
    const real = [
      "platform/EventLoop.ts",
      "platform/LoopDelay.ts",
      // The thread that keeps leases judges real time, and is replaced as a whole.
      ...keeper,
      "dashboard/state/clock.ts",
      "dashboard/state/page.ts"
    ]
    expectNone(filesWith(/\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bhrtime\b/, real))
    expectNone(filesWith(/\bMath\.random\b/))
    expectNone(
      filesWith(/\bset(Timeout|Interval)\b/, [
        ...keeper,
        "store/sqlite/presence/sockets.ts",
        "platform/LoopDelay.ts",
        "dashboard/state/clock.ts",
        "dashboard/state/page.ts"
      ])
    )
    expectNone(filesWith(/\bsetImmediate\b|\bnextTick\b|\bqueueMicrotask\b/, ["platform/EventLoop.ts"]))
    expectNone(
      filesWith(/\brandom(Bytes|UUID)\b/, [
        "platform/ClaimMark.ts",
        "platform/Ids.ts",
        "brandbrain/storage/RandomId.ts",
        // A token for the one who starts it.
        "program/server/holdfastApp.ts"
      ])
    )
  })
})

it("no test compares an Option by the assert of chai, which takes None for every Some", () => {
  const tests = fileURLToPath(new URL(".", import.meta.url))
  expectNone(
    readdirSync(tests, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".ts") && name !== "architecture.test.ts"
      && /deepStrictEqual\((?:.*, )?Option\.(?:none|some)\(/.test(readFileSync(join(tests, name), "utf8"))
    )
  )
})
