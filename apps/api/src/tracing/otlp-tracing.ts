import {
  ROOT_CONTEXT,
  type Span as OtelSpan,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Tracer,
  type TraceState,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  type IdGenerator,
  ParentBasedSampler,
  RandomIdGenerator,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';

import type { TracingConfig } from '../config/tracing-config';
import { LossReport } from './loss-report';
import { ReportingExporter } from './reporting-exporter';
import { type Attributes, type Span, type SpanStart, Tracing } from './tracing';
import type { TraceContext } from './trace-context';

const kinds = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};
/** Spans that wait to be sent; what comes beyond is lost, so that a receiver that is away costs no memory. As OpenTelemetry's default. */
const mostWaiting = 2048;
const longestValue = 1024;
/** A receiver that is away keeps nobody from stopping, in milliseconds. */
const lastSend = 2000;

/** Sends spans by OTLP over HTTP, in batches, behind the back of what they tell of. Loaded only where that is configured. */
export class OtlpTracing extends Tracing {
  private readonly ids = new NamedIds();
  private readonly provider: TracerProvider;
  private readonly tracer: Tracer;

  /** @param resource what this process is, beside what the configuration says */
  constructor(
    { url, headers, timeoutMilliseconds, sampler, ...config }: TracingConfig,
    resource: Readonly<Record<string, string>>,
  ) {
    super();
    const sender = new OTLPTraceExporter({
      url,
      headers: { ...headers },
      timeoutMillis: timeoutMilliseconds,
    });
    this.provider = new TracerProvider({
      resource: defaultResource().merge(
        resourceFromAttributes({
          ...resource,
          ...config.resourceAttributes,
          'service.name': config.serviceName,
        }),
      ),
      sampler: toSampler(sampler),
      idGenerator: this.ids,
      spanLimits: { attributeValueLengthLimit: longestValue },
      spanProcessors: [
        new BatchSpanProcessor({
          exporter: new ReportingExporter(sender, new LossReport(url)),
          maxQueueSize: mostWaiting,
          exportTimeoutMillis: timeoutMilliseconds + 1000,
        }),
      ],
    });
    this.tracer = this.provider.getTracer('cronium', resource['service.version']);
  }

  begin(name: string, { kind, parent, links, attributes, startedAt, id }: SpanStart): Span {
    const span = this.ids.naming(id, () =>
      this.tracer.startSpan(
        name,
        {
          kind: kinds[kind ?? 'internal'],
          attributes: { ...attributes },
          ...(links && { links: links.map((link) => ({ context: toSpanContext(link) })) }),
          ...(startedAt && { startTime: startedAt }),
        },
        parent ? trace.setSpanContext(ROOT_CONTEXT, toSpanContext(parent)) : ROOT_CONTEXT,
      ),
    );
    return new OtlpSpan(span, startedAt);
  }

  async close(): Promise<void> {
    const late = new Promise<void>((resolve) => setTimeout(resolve, lastSend).unref());
    // Why the last of them were not sent is in the log.
    await Promise.race([this.provider.shutdown().catch(() => undefined), late]);
  }
}

class OtlpSpan implements Span {
  readonly context: TraceContext;

  constructor(
    private readonly span: OtelSpan,
    private readonly startedAt: Date | undefined,
  ) {
    const { traceId, spanId, traceFlags, traceState } = span.spanContext();
    const state = traceState?.serialize();
    const isSampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
    this.context = { traceId, spanId, isSampled, ...(state ? { state } : {}) };
  }

  rename(name: string): void {
    this.span.updateName(name);
  }

  set(attributes: Attributes): void {
    this.span.setAttributes({ ...attributes });
  }

  fail(code: string, message?: string): void {
    this.span.setAttribute('error.type', code);
    this.span.setStatus({ code: SpanStatusCode.ERROR, ...(message === undefined ? {} : { message }) });
  }

  end(at?: Date): void {
    // Clocks of two machines may say that it ended before it began.
    const isBefore = at && this.startedAt && at < this.startedAt;
    this.span.end(isBefore ? this.startedAt : at);
  }
}

/** Random ids, but for a span whose id is given. */
class NamedIds implements IdGenerator {
  private readonly random = new RandomIdGenerator();
  private next: string | undefined;

  generateTraceId(): string {
    return this.random.generateTraceId();
  }

  generateSpanId(): string {
    return this.next ?? this.random.generateSpanId();
  }

  /** What is made in it gets this id. */
  naming<Made>(id: string | undefined, make: () => Made): Made {
    this.next = id;
    try {
      return make();
    } finally {
      this.next = undefined;
    }
  }
}

/** What a caller's systems keep in `tracestate` is handed on; nothing of it is for Cronium. */
class OpaqueState implements TraceState {
  constructor(private readonly text: string) {}

  get(): undefined {
    return undefined;
  }

  set(): TraceState {
    return this;
  }

  unset(): TraceState {
    return this;
  }

  serialize(): string {
    return this.text;
  }
}

function toSpanContext({ traceId, spanId, isSampled, state }: TraceContext): SpanContext {
  return {
    traceId,
    spanId,
    traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
    ...(state === undefined ? {} : { traceState: new OpaqueState(state) }),
  };
}

function toSampler({ root, ratio, followsParent }: TracingConfig['sampler']): Sampler {
  const own = {
    on: new AlwaysOnSampler(),
    off: new AlwaysOffSampler(),
    ratio: new TraceIdRatioBasedSampler(ratio),
  };
  return followsParent ? new ParentBasedSampler({ root: own[root] }) : own[root];
}
