/**
 * Metrics for a monitoring system: Prometheus's text, and gauges that catch silence.
 *
 * @since 0.1.0
 */

export { Gauges } from "./telemetry/Gauges.ts"
export { metricsContentType, metricsText } from "./telemetry/prometheus.ts"
