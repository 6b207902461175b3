import { HttpApi, OpenApi } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Validator } from "@seriousme/openapi-schema-validator"
import { Effect } from "effect"
import { HoldfastApi } from "../../src/http/api/api.ts"

/** Every call, with the refusals of its own. All others are the same for each. */
const calls: Readonly<Record<string, ReadonlyArray<number>>> = {
  "GET /session": [],
  "GET /openapi.json": [],
  "GET /jobs": [],
  "POST /jobs/actions": [413, 415],
  "GET /jobs/:id": [404],
  "GET /jobs/:id/explanation": [404],
  "POST /jobs/:id/cancel": [404],
  "POST /jobs/:id/retry": [404, 409, 413, 415],
  "POST /jobs/:id/run-now": [404, 409],
  "PATCH /jobs/:id": [404, 409, 413, 415],
  "DELETE /jobs/:id": [404, 409],
  "GET /stats": [],
  "GET /history": [],
  "GET /pauses": [],
  "GET /workers": [],
  "GET /count": [],
  "PUT /pauses/:scope/:name": [413, 415],
  "DELETE /pauses/:scope/:name": [],
  "GET /events": [429]
}

const document = OpenApi.fromApi(HoldfastApi)

describe("the OpenAPI document", () => {
  it.effect("is valid", () =>
    Effect.gen(function*() {
      const result = yield* Effect.promise(() => new Validator().validate(structuredClone(document) as never))
      assert.isTrue(result.valid, JSON.stringify(result.errors))
    }))

  it("has every call of the API with its refusals, and no other", () => {
    const found: Array<string> = []
    HttpApi.reflect(HoldfastApi, {
      onGroup: () => {},
      onEndpoint: ({ endpoint }) => void found.push(`${endpoint.method} ${endpoint.path}`)
    })
    assert.deepStrictEqual(found.toSorted(), Object.keys(calls).toSorted())
    for (const [call, refusals] of Object.entries(calls)) {
      const [method = "", path = ""] = call.split(" ")
      const operation = document.paths[path.replace(/:(\w+)/g, "{$1}")]?.[method.toLowerCase() as "get"]
      assert.deepStrictEqual(
        Object.keys(operation?.responses ?? {}).toSorted(),
        [200, 400, 401, 403, 500, 503, ...refusals].map(String).toSorted(),
        call
      )
    }
  })
})
