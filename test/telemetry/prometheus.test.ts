import { assert, describe, it } from "@effect/vitest"
import { Effect, Metric, MetricBoundaries, MetricKey, MetricPair, MetricState } from "effect"
import { metricsContentType, metricsText } from "holdfast/telemetry"
import { metrics } from "../../src/runtime/telemetry/metrics.ts"
import { renderMetrics } from "../../src/telemetry/prometheus.ts"
import { parsePage } from "./prometheusPage.ts"

/** The family of this name on a page that was made now, which is checked as a whole. */
const family = (name: string) =>
  Effect.map(metricsText, (page) => {
    const found = parsePage(page).get(name)
    assert(found !== undefined, `${name} is not on the page`)
    return found
  })

describe("the page for Prometheus", () => {
  it("says which version of the format it is", () => {
    assert.strictEqual(metricsContentType, "text/plain; version=0.0.4; charset=utf-8")
  })

  it.effect("has a counter as a total, by labels, with its description", () =>
    Effect.gen(function*() {
      const counter = Metric.counter("page_jobs", { description: "Jobs, by kind", incremental: true })
      yield* Metric.incrementBy(Metric.tagged(counter, "kind", "mail"), 2)
      yield* Metric.incrementBy(Metric.tagged(counter, "kind", "report"), 0.5)
      const { help, samples, type } = yield* family("page_jobs_total")
      assert.deepStrictEqual([type, help], ["counter", "Jobs, by kind"])
      assert.deepStrictEqual(samples.map(({ labels, value }) => `${labels["kind"]} ${value}`).toSorted(), [
        "mail 2",
        "report 0.5"
      ])
    }))

  it.effect("says total once, and has big whole numbers", () =>
    Effect.gen(function*() {
      const counter = Metric.counter("page_bytes_total", { bigint: true, incremental: true })
      yield* Metric.incrementBy(counter, 2n ** 53n)
      assert.strictEqual((yield* family("page_bytes_total")).samples[0]?.value, 2 ** 53)
      assert.include(yield* metricsText, "page_bytes_total 9007199254740992\n")
    }))

  it.effect("has a counter that may go down as a gauge", () =>
    Effect.gen(function*() {
      const counter = Metric.counter("page_balance")
      yield* Metric.incrementBy(counter, 2)
      yield* Metric.incrementBy(counter, -5)
      const { samples, type } = yield* family("page_balance")
      assert.deepStrictEqual([type, samples[0]?.value], ["gauge", -3])
    }))

  it.effect("has a gauge of any number", () =>
    Effect.gen(function*() {
      const gauge = Metric.gauge("page_level")
      for (const value of [0.1, -1e-9, 1e300, Infinity, -Infinity]) {
        yield* Metric.set(gauge, value)
        assert.strictEqual((yield* family("page_level")).samples[0]?.value, value)
      }
      yield* Metric.set(gauge, NaN)
      assert.isNaN((yield* family("page_level")).samples[0]?.value)
    }))

  it.effect("has a histogram with buckets that each count all below, its sum and its count", () =>
    Effect.gen(function*() {
      const boundaries = MetricBoundaries.fromIterable([0.5, 1, 2])
      const histogram = Metric.tagged(Metric.histogram("page_took_seconds", boundaries, "How long"), "kind", "mail")
      for (const value of [0.1, 0.5, 0.6, 5, 7]) yield* Metric.update(histogram, value)
      const { help, samples, type } = yield* family("page_took_seconds")
      assert.deepStrictEqual([type, help], ["histogram", "How long"])
      assert.deepStrictEqual(
        samples.filter(({ name }) => name.endsWith("_bucket")).map(({ labels, value }) => [labels["le"], value]),
        [["0.5", 2], ["1", 3], ["2", 3], ["+Inf", 5]]
      )
      const valueOf = (suffix: string) => samples.find(({ name }) => name === `page_took_seconds${suffix}`)?.value
      assert.deepStrictEqual([valueOf("_sum"), valueOf("_count")], [13.2, 5])
      for (const { labels } of samples) assert.strictEqual(labels["kind"], "mail")
    }))

  it.effect("has a summary with its quantiles, of nothing too", () =>
    Effect.gen(function*() {
      const summary = Metric.summary({
        name: "page_size",
        maxAge: "1 day",
        maxSize: 100,
        error: 0,
        quantiles: [0.5, 0.99]
      })
      yield* Metric.value(summary)
      yield* Metric.update(summary, 1)
      yield* Metric.update(summary, 3)
      const { samples, type } = yield* family("page_size")
      assert.strictEqual(type, "summary")
      assert.deepStrictEqual(samples.map(({ labels, name }) => [name, labels["quantile"]]), [
        ["page_size", "0.5"],
        ["page_size", "0.99"],
        ["page_size_sum", undefined],
        ["page_size_count", undefined]
      ])
      assert.deepStrictEqual(samples.slice(2).map(({ value }) => value), [4, 2])
    }))

  it.effect("has a frequency as a counter for each word", () =>
    Effect.gen(function*() {
      const frequency = Metric.tagged(Metric.frequency("page_words", { description: "Words" }), "key", "own")
      for (const word of ["a", "b", "a"]) yield* Metric.update(frequency, word)
      const { samples, type } = yield* family("page_words_total")
      assert.strictEqual(type, "counter")
      assert.deepStrictEqual(samples.map(({ labels, value }) => [labels["key"], labels["exported_key"], value]), [
        ["a", "own", 2],
        ["b", "own", 1]
      ])
    }))

  it.effect("escapes what a label or a description may hold", () =>
    Effect.gen(function*() {
      const odd = "back\\slash, \"quote\",\nline, {brace} and ü\u2028 n"
      const description = "a \\ and\na line, \"quoted\""
      yield* Metric.set(Metric.tagged(Metric.gauge("page_odd", { description }), "queue", odd), 1)
      const { help, samples } = yield* family("page_odd")
      assert.strictEqual(help, description)
      assert.strictEqual(samples[0]?.labels["queue"], odd)
    }))

  it.effect("makes names valid, and shows one of two series that become the same", () =>
    Effect.gen(function*() {
      const label = (name: string) => Metric.tagged(Metric.gauge("page.of-the app"), name, "x")
      yield* Metric.set(label("http.status"), 1)
      yield* Metric.set(label("http_status"), 1)
      yield* Metric.set(label("__name__"), 2)
      yield* Metric.set(Metric.gauge("9 lives of page"), 9)
      const { samples } = yield* family("page_of_the_app")
      assert.deepStrictEqual(samples.map(({ labels }) => Object.keys(labels).join(" ")).toSorted(), [
        "exported___name__",
        "http_status"
      ])
      assert.strictEqual((yield* family("_9_lives_of_page")).samples[0]?.value, 9)
    }))

  it("shows the first of two metrics of one name that are of different types", () => {
    // Not in the registry, where they would be in the way of those who cannot read such.
    const gauge = MetricPair.unsafeMake(MetricKey.gauge("page_same"), MetricState.gauge(1))
    const counter = MetricPair.unsafeMake(
      MetricKey.counter("page same"),
      MetricState.counter(2)
    )
    for (const [first, second, value] of [[gauge, counter, 1], [counter, gauge, 2]] as const) {
      const { samples } = parsePage(renderMetrics([first, second])).get("page_same") ?? { samples: [] }
      assert.deepStrictEqual(samples.map(({ value }) => value), [value])
    }
  })

  it.effect("has Holdfast's own metrics", () =>
    Effect.gen(function*() {
      yield* Metric.update(Metric.tagged(metrics.queueDelay, "kind", "page.kind"), 0.3)
      yield* Metric.increment(Metric.tagged(metrics.claimed, "kind", "page.kind"))
      assert.strictEqual((yield* family("holdfast_queue_delay_seconds")).type, "histogram")
      assert.strictEqual((yield* family("holdfast_jobs_claimed_total")).type, "counter")
    }))
})
