import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';

import { uncorrelated } from './correlation';
import type { LossReport } from './loss-report';

type Answer = Parameters<SpanExporter['export']>[1];

/** Sends as another exporter does, and has it told when that fails. */
export class ReportingExporter implements SpanExporter {
  constructor(
    private readonly exporter: SpanExporter,
    private readonly report: LossReport,
  ) {}

  export(spans: ReadableSpan[], answer: Answer): void {
    // Whose span happened to fill the batch has nothing to do with what becomes of it.
    uncorrelated(() =>
      this.exporter.export(spans, (result) => {
        if (result.error) this.report.lost(spans.length, result.error);
        else this.report.sent();
        answer(result);
      }),
    );
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }

  forceFlush(): Promise<void> {
    return this.exporter.forceFlush?.() ?? Promise.resolve();
  }
}
