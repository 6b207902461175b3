import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { validate } from "dockerfile-utils"
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseAllDocuments } from "yaml"
import { span } from "../../src/cli/settings.ts"
import { Grace } from "../../src/domain/limits.ts"
import { readDatabaseUrl } from "../../src/store/databaseUrl.ts"

const text = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8")

/** Every variable that the program reads. */
const read = new Set(
  readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"))
    .flatMap((name) => text(`src/${name}`).match(/\b(?:DATABASE_URL|(?:HOLDFAST|HTTP)_[A-Z_]+)\b/g) ?? [])
)

const assertRead = (variables: ReadonlyArray<string>) => {
  assert.isNotEmpty(variables)
  for (const name of variables) {
    if (name !== "NODE_ENV") assert.isTrue(read.has(name), `${name} is read by nothing`)
  }
}

/** The longest that a worker takes to end, in milliseconds. */
const endsWithin = (grace: string) => {
  const given = span(Grace)(grace)
  assert(given._tag === "Right", grace)
  return Duration.toMillis(given.right) + 10_000
}

const defaultGrace = "25 seconds"

const assertSqlite = (url: string, filename: string) =>
  assert.deepInclude(readDatabaseUrl(url), { _tag: "Right", right: { database: "sqlite", filename } })

const manifest = (database: string) => text(`docs/deploy/kubernetes-${database}.yaml`)

/** What esbuild.config.js leaves outside the bundle in this folder, in quotes. */
const externalOf = (folder: string) => {
  const bundles = [...text("esbuild.config.js").matchAll(/outdir: "([^"]+)",\s*external: \[([^\]]*)\]/g)]
  const [, , names = ""] = bundles.find(([, outdir]) => outdir === folder) ?? []
  assert.isNotEmpty(names, `no bundle in ${folder}`)
  return names.split(", ")
}

const [, dashboardFolder = ""] = /buildDashboard\("([^"]+)"\)/.exec(text("esbuild.config.js")) ?? []

describe("docs/deploy/Dockerfile", () => {
  const dockerfile = text("docs/deploy/Dockerfile")
  const lines = dockerfile.replace(/\\\n/g, " ").split("\n").filter((line) => line !== "" && !line.startsWith("#"))
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith("FROM")))
  const of = (instruction: string, among = last) =>
    among.filter((line) => line.startsWith(`${instruction} `)).map((line) => line.slice(instruction.length + 1))

  it("is understood by a linter, and has no fault that it knows", () => {
    assert.deepStrictEqual(validate(dockerfile).map(({ message }) => message), [])
  })

  it("runs what is built, as a user who is not root, with the modules that the bundle leaves outside", () => {
    const [entry = "[]"] = of("ENTRYPOINT")
    const { scripts: known } = JSON.parse(text("package.json")) as {
      readonly scripts: Readonly<Record<string, string>>
    }
    assert.strictEqual((JSON.parse(entry) as ReadonlyArray<string>).join(" "), known["start"])
    assert.match(of("USER").join(), /^[1-9]\d*:[1-9]\d*$/)
    assert.include(text("docs/deploy/onlyRuntime.js"), `const outside = [${externalOf("dist/start").join(", ")}]`)
    const scripts = lines.flatMap((line) =>
      [...line.matchAll(/pnpm@10 (?!install)(\w+)/g)].map(([, name = ""]) => name)
    )
    assert.deepStrictEqual(scripts, ["build"])
    for (const name of scripts) assert.property(known, name)
  })

  it("has each folder that its documents run or the program reads, and every package that these leave outside", () => {
    const copied = of("COPY").flatMap((line) => /^--from=build \/app\/(\S+) \.\/\1$/.exec(line)?.[1] ?? [])
    const documents = [dockerfile, text("docs/deploying.md"), ...["sqlite", "postgres"].map(manifest)]
    const run = documents.flatMap((page) => page.match(/\bdist\/\w+(?=\/)/g) ?? [])
    assert.sameMembers(copied, [...new Set([...run, dashboardFolder])])
    const [, installed = ""] = /const outside = \[(.*)\]/.exec(text("docs/deploy/onlyRuntime.js")) ?? []
    for (const folder of copied) {
      if (folder !== dashboardFolder) assert.includeMembers(installed.split(", "), externalOf(folder), folder)
    }
  })

  it("sets variables that the program reads, and a database in its volume", () => {
    const variables = Object.fromEntries(
      of("ENV").flatMap((line) => [...line.matchAll(/(\w+)=(\S+)/g)].map(([, name = "", value = ""]) => [name, value]))
    )
    assertRead(Object.keys(variables))
    assertSqlite(variables["DATABASE_URL"] ?? "", `${of("VOLUME").join()}/holdfast.db`)
  })

  it("copies files that are there", () => {
    for (const line of of("COPY", lines)) {
      for (const name of line.startsWith("--from") ? [] : line.split(" ").slice(0, -1)) {
        assert.isTrue(existsSync(name), name)
      }
    }
    assert.isTrue(existsSync("docs/deploy/Dockerfile.dockerignore"))
  })
})

describe("docs/deploy/holdfast.service", () => {
  const unit = text("docs/deploy/holdfast.service")
  const values = (name: string) => [...unit.matchAll(new RegExp(`^${name}=(.*)$`, "gm"))].map(([, value = ""]) => value)

  it("runs what `pnpm start` runs, and waits for the whole of its end", () => {
    const { scripts } = JSON.parse(text("package.json")) as { readonly scripts: Readonly<Record<string, string>> }
    assert.deepStrictEqual(values("ExecStart"), [`/usr/bin/${scripts["start"]}`])
    const variables = Object.fromEntries(values("Environment").map((value) => value.split("=", 2)))
    assertRead(Object.keys(variables))
    assert.isAtLeast(
      Number(values("TimeoutStopSec")) * 1000,
      endsWithin(variables["HOLDFAST_SHUTDOWN_GRACE"] ?? defaultGrace)
    )
    assertSqlite(variables["DATABASE_URL"] ?? "", `/var/lib/${values("StateDirectory").join()}/holdfast.db`)
    assert.deepStrictEqual([values("KillSignal"), values("KillMode"), values("WatchdogSec")], [
      ["SIGTERM"],
      ["mixed"],
      []
    ])
  })

  it.runIf(spawnSync("systemd-analyze", ["--version"]).status === 0)("is accepted by systemd", () => {
    const folder = mkdtempSync(join(tmpdir(), "holdfast-unit-"))
    const file = join(folder, "holdfast.service")
    // The program is where Node is on this machine.
    writeFileSync(file, unit.replace("/usr/bin/node", process.execPath).replace("=/opt/holdfast", `=${process.cwd()}`))
    const { status, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", file], { encoding: "utf8" })
    rmSync(folder, { recursive: true })
    assert.deepStrictEqual([status, stderr.split("\n").filter((line) => line.includes("holdfast.service"))], [0, []])
  })
})

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string }
}

interface Container {
  readonly env: ReadonlyArray<{ readonly name: string; readonly value?: string; readonly valueFrom?: object }>
  readonly ports: ReadonlyArray<{ readonly name: string; readonly containerPort: number }>
  readonly startupProbe: Probe
  readonly livenessProbe: Probe
  readonly readinessProbe: Probe
  readonly lifecycle: { readonly preStop: { readonly exec: { readonly command: ReadonlyArray<string> } } }
  readonly securityContext: { readonly readOnlyRootFilesystem: boolean }
  readonly volumeMounts?: ReadonlyArray<{ readonly name: string; readonly mountPath: string }>
}

interface Workload {
  readonly kind: string
  readonly spec: {
    readonly replicas: number
    readonly volumeClaimTemplates?: ReadonlyArray<{ readonly metadata: { readonly name: string } }>
    readonly template: {
      readonly spec: {
        readonly terminationGracePeriodSeconds: number
        readonly securityContext: { readonly runAsNonRoot: boolean; readonly runAsUser: number }
        readonly containers: ReadonlyArray<Container>
      }
    }
  }
}

describe.each([["sqlite", "StatefulSet"], ["postgres", "Deployment"]] as const)(
  "docs/deploy/kubernetes-%s.yaml",
  (database, kind) => {
    const documents = parseAllDocuments(manifest(database))
    const values = documents.map((document) => document.toJS() as { readonly kind: string })
    const workload = values.find((value) => value.kind === kind) as Workload | undefined
    assert(workload)
    const { spec } = workload.spec.template
    const [container] = spec.containers
    assert(container)
    const value = (name: string) => container.env.find((variable) => variable.name === name)?.value

    it("is YAML without faults", () => {
      assert.deepStrictEqual(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings]), [])
    })

    it("sets variables that the program reads, and waits for the whole of its end", () => {
      assertRead(container.env.map(({ name }) => name))
      const preStop = Number(container.lifecycle.preStop.exec.command[1]) * 1000
      assert.isAtLeast(
        spec.terminationGracePeriodSeconds * 1000,
        preStop + endsWithin(value("HOLDFAST_SHUTDOWN_GRACE") ?? defaultGrace)
      )
    })

    it("asks the port on which the program listens", () => {
      const port = Number(value("HOLDFAST_HTTP_PORT"))
      assert.deepStrictEqual(container.ports, [{ name: "http", containerPort: port }])
      const paths = [container.startupProbe, container.livenessProbe, container.readinessProbe].map(({ httpGet }) => {
        assert.strictEqual(httpGet.port, "http")
        return httpGet.path
      })
      assert.deepStrictEqual(paths, ["/healthz", "/healthz", "/readyz"])
    })

    it("runs as the image's user, on as many replicas as the database bears", () => {
      assert.include(text("docs/deploy/Dockerfile"), `\nUSER ${spec.securityContext.runAsUser}:`)
      assert.isTrue(spec.securityContext.runAsNonRoot && container.securityContext.readOnlyRootFilesystem)
      if (database === "sqlite") {
        assert.strictEqual(workload.spec.replicas, 1)
        const [mount] = container.volumeMounts ?? []
        assertSqlite(value("DATABASE_URL") ?? "", `${mount?.mountPath}/holdfast.db`)
        assert.strictEqual(workload.spec.volumeClaimTemplates?.[0]?.metadata.name, mount?.name)
      } else {
        assert.isAbove(workload.spec.replicas, 1)
        // A secret, which the URL of a server is.
        assert.isUndefined(value("DATABASE_URL"))
      }
    })
  }
)

describe("docs/deploying.md", () => {
  const page = text("docs/deploying.md")

  it("names the variables and files that there are, and every file of docs/deploy that is run", () => {
    assertRead(page.match(/\b(?:DATABASE_URL|(?:HOLDFAST|HTTP)_[A-Z_]+)\b/g) ?? [])
    const linked = [...page.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path = ""]) => path)
    for (const path of linked) assert.isTrue(existsSync(join("docs", path)), path)
    for (const file of readdirSync("docs/deploy")) {
      if (!/\.(?:js|dockerignore)$/.test(file)) assert.include(linked, `deploy/${file}`)
    }
  })
})
