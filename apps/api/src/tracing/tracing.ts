import type { TraceContext } from './trace-context';

/** Names as OpenTelemetry's conventions have them, and `cronium.…`. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

export interface SpanStart {
  readonly kind?: 'internal' | 'server' | 'producer' | 'consumer';
  /** What it is part of; null begins a trace. */
  readonly parent: TraceContext | null;
  /** What led to it without being its parent. */
  readonly links?: readonly TraceContext[];
  readonly attributes?: Attributes;
  /** Now, when it is not given. */
  readonly startedAt?: Date;
  /** For a span that others must be able to name: 16 hex digits, not all of them 0. */
  readonly id?: string;
}

/** Something that takes time. Nothing is told of one that is not ended. */
export interface Span {
  /** For what is done within it; null when there is no trace. */
  readonly context: TraceContext | null;
  rename(name: string): void;
  set(attributes: Attributes): void;
  /** @param code what went wrong, in one word: `error.type` */
  fail(code: string, message?: string): void;
  /** @param at now, when it is not given */
  end(at?: Date): void;
}

/** Makes spans, for whoever follows what the product does from outside. Nothing here fails or waits. */
export abstract class Tracing {
  abstract begin(name: string, start: SpanStart): Span;

  /** Sends what is left, for as long as that is worth waiting for. */
  abstract close(): Promise<void>;
}

/** Without a place to send spans to: a trace that comes in is handed on as it is. */
export class NoTracing extends Tracing {
  begin(_name: string, { parent }: SpanStart): Span {
    return { context: parent, rename: nothing, set: nothing, fail: nothing, end: nothing };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function nothing(): void {
  // There is nobody to tell.
}
