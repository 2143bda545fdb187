import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Of prom-client's own: gauges that are named as counters, which `promtool check metrics` refuses. The others tell the same by type. */
const misnamed = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** What this process counts, for Prometheus. Labels have a bounded number of values, whatever users make. */
@Injectable()
export class Metrics {
  private readonly registry = new Registry();
  private readonly beforeScrape: (() => Promise<void>)[] = [];

  constructor() {
    // The default of 10 ms would wake an idle process a hundred times a second.
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: 100 });
    for (const name of misnamed) this.registry.removeSingleMetric(name);
  }

  /** @param name as Prometheus names counters: `cronium_…_total` */
  counter<Label extends string>(name: string, help: string, ...labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  /**
   * @param name with its unit: `cronium_…_seconds`
   * @param buckets upper bounds in that unit
   */
  histogram<Label extends string>(
    name: string,
    help: string,
    buckets: number[],
    ...labelNames: Label[]
  ): Histogram<Label> {
    return new Histogram({ name, help, buckets, labelNames, registers: [this.registry] });
  }

  gauge<Label extends string>(name: string, help: string, ...labelNames: Label[]): Gauge<Label> {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }

  /** Sets gauges when somebody asks, and not otherwise. */
  collect(set: () => Promise<void>): void {
    this.beforeScrape.push(set);
  }

  /** In Prometheus' text format. */
  async text(): Promise<string> {
    await Promise.all(this.beforeScrape.map((set) => set()));
    return this.registry.metrics();
  }
}
