import * as z from 'zod';

const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

/** `key=value,key=value` with percent-encoded values, as OpenTelemetry writes headers and attributes. */
const pairs = z.string().transform((list, context) => {
  const entries = list
    .split(',')
    .filter((pair) => pair.trim() !== '')
    .map((pair): [string, string] | null => {
      const [, key = '', value = ''] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
      const plain = decoded(value);
      return key === '' || plain === null ? null : [key, plain];
    });
  const known = entries.filter((entry) => entry !== null);
  if (known.length === entries.length) return Object.fromEntries(known);
  context.addIssue({ code: 'custom', message: 'must be key=value,key=value with percent-encoded values' });
  return z.NEVER;
});

const endpoint = z.url({ protocol: /^https?$/, error: 'must be an http or https address' });
const yesOrNo = z.string().transform((word) => word.toLowerCase() === 'true');

/** Of OpenTelemetry's own variables those that Cronium heeds: docs/operations/tracing.md repeats them. */
export const tracingEnvironment = {
  OTEL_SDK_DISABLED: yesOrNo.default(false),
  OTEL_TRACES_EXPORTER: z.enum(['otlp', 'none'], { error: 'must be otlp or none' }).default('otlp'),
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint.optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint.optional(),
  OTEL_EXPORTER_OTLP_HEADERS: pairs.optional(),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: pairs.optional(),
  OTEL_EXPORTER_OTLP_TIMEOUT: z.coerce.number().int().min(1).max(600_000).default(10_000),
  OTEL_EXPORTER_OTLP_PROTOCOL: z.string().optional(),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: z.string().optional(),
  OTEL_SERVICE_NAME: z.string().min(1).optional(),
  OTEL_RESOURCE_ATTRIBUTES: pairs.optional(),
  OTEL_TRACES_SAMPLER: z
    .enum(samplers, { error: `must be one of ${samplers.join(', ')}` })
    .default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1),
};

/** Where traces are sent, and which. */
export interface TracingConfig {
  /** The whole address, with its path. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMilliseconds: number;
  /** What was asked for, where it is not what is spoken. */
  readonly otherProtocol: string | undefined;
  readonly serviceName: string;
  readonly resourceAttributes: Readonly<Record<string, string>>;
  readonly sampler: {
    readonly root: 'on' | 'off' | 'ratio';
    /** Of traces that begin here, between 0 and 1. */
    readonly ratio: number;
    /** Whether a caller's decision is followed. */
    readonly followsParent: boolean;
  };
}

/** Undefined when traces are sent nowhere. */
export function tracingConfig(
  environment: z.infer<z.ZodObject<typeof tracingEnvironment>>,
): TracingConfig | undefined {
  const base = environment.OTEL_EXPORTER_OTLP_ENDPOINT?.replace(/\/+$/, '');
  const url = environment.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? (base && `${base}/v1/traces`);
  if (!url || environment.OTEL_SDK_DISABLED || environment.OTEL_TRACES_EXPORTER === 'none') return undefined;
  const { 'service.name': named, ...resourceAttributes } = environment.OTEL_RESOURCE_ATTRIBUTES ?? {};
  const protocol = environment.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ?? environment.OTEL_EXPORTER_OTLP_PROTOCOL;
  const sampler = environment.OTEL_TRACES_SAMPLER;
  return {
    url,
    headers: { ...environment.OTEL_EXPORTER_OTLP_HEADERS, ...environment.OTEL_EXPORTER_OTLP_TRACES_HEADERS },
    timeoutMilliseconds: environment.OTEL_EXPORTER_OTLP_TIMEOUT,
    otherProtocol: protocol === 'http/json' ? undefined : protocol,
    serviceName: environment.OTEL_SERVICE_NAME ?? named ?? 'cronium',
    resourceAttributes,
    sampler: {
      root: sampler.endsWith('ratio') ? 'ratio' : sampler.endsWith('on') ? 'on' : 'off',
      ratio: environment.OTEL_TRACES_SAMPLER_ARG,
      followsParent: sampler.startsWith('parentbased'),
    },
  };
}

function decoded(value: string): string | null {
  try {
    return decodeURIComponent(value);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}
