/** Where something stands in a trace: what W3C Trace Context hands from one program to the next. */
export interface TraceContext {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  readonly isSampled: boolean;
  /** `tracestate`, as it came; absent when there is none. */
  readonly state?: string;
}

const shape = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
/** What a later version adds is not understood here, and needs an end. */
const longestTraceparent = 256;
/** As much as the specification has everybody pass on. */
const longestState = 512;

/** @returns null when there is none, or it is not well-formed: then a trace begins here */
export function parseTraceContext(traceparent: unknown, tracestate?: unknown): TraceContext | null {
  if (typeof traceparent !== 'string' || traceparent.length > longestTraceparent) return null;
  const [, version, traceId, spanId, flags, more] = shape.exec(traceparent.trim()) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return null;
  if (version === '00' && more !== undefined) return null;
  const isSampled = (Number.parseInt(flags, 16) & 1) === 1;
  return isState(tracestate)
    ? { traceId, spanId, isSampled, state: tracestate.trim() }
    : { traceId, spanId, isSampled };
}

export function toTraceparent({ traceId, spanId, isSampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
}

/** For whoever goes on in a script: the environment that OpenTelemetry's tools look for. */
export function traceEnvironment(context: TraceContext): Record<string, string> {
  const { state } = context;
  return { TRACEPARENT: toTraceparent(context), ...(state === undefined ? {} : { TRACESTATE: state }) };
}

function isState(value: unknown): value is string {
  return (
    typeof value === 'string' && value.length <= longestState && /^\s*[\w@*/-]+=[\x20-\x7e]+$/.test(value)
  );
}
