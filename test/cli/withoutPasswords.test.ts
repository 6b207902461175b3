import { assert, describe, it } from "@effect/vitest"
import { progressBar } from "../../src/cli/progressBar.ts"
import { withoutPasswords } from "../../src/cli/withoutPasswords.ts"

const shown = (args: ReadonlyArray<string>, text: string) => {
  let written = ""
  withoutPasswords(args, { write: (more) => void (written += more) }).write(text)
  return written
}

describe("an output that repeats arguments", () => {
  it("shows no password of a URL among them, encoded or not", () => {
    const repeated = (url: string) => shown(["copy", "--to", url], `Received unknown argument: '${url}'`)
    assert.strictEqual(
      repeated("postgres://me:hunter2@db.example/app"),
      "Received unknown argument: 'postgres://…@db.example/app'"
    )
    assert.strictEqual(
      repeated("postgres://me:hun/t@er\"2 @host/app"),
      "Received unknown argument: 'postgres://…@host/app'"
    )
    assert.strictEqual(
      repeated("postgres://db/app?user=me&password=hunter2&sslmode=require"),
      "Received unknown argument: 'postgres://db/app?user=me&password=…&sslmode=require'"
    )
    assert.strictEqual(
      shown(["--to=postgres://me:hunter2@db/app"], "--to=postgres://me:hunter2@db/app"),
      "--to=postgres://…@db/app"
    )
  })

  it("shows everything else", () => {
    for (const url of ["postgres://me@db/app?ssl=1", "sqlite:a@b.db", "postgres://db/app"]) {
      assert.strictEqual(shown(["--to", url], `${url} 1 me`), `${url} 1 me`)
    }
  })
})

it("a bar is as long as what is done, and full where there is nothing to do", () => {
  assert.strictEqual(
    progressBar("Copying jobs", 5000, 20_000),
    "Copying jobs [######------------------] 5,000 of 20,000"
  )
  assert.strictEqual(progressBar("Copying jobs", 0, 0), "Copying jobs [########################] 0 of 0")
})
