import { loadConfig } from './config';

const endpoint = 'http://collector:4318/';

describe('the configuration of traces', () => {
  it.each([
    {},
    { OTEL_SERVICE_NAME: 'x' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SDK_DISABLED: 'true' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_EXPORTER: 'none' },
  ])('is none with %j', (environment) => {
    expect(loadConfig(environment).tracing).toBeUndefined();
  });

  it('has defaults, and the path of the standard', () => {
    expect(loadConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }).tracing).toEqual({
      url: 'http://collector:4318/v1/traces',
      headers: {},
      timeoutMilliseconds: 10_000,
      otherProtocol: undefined,
      serviceName: 'cronium',
      resourceAttributes: {},
      sampler: { root: 'on', ratio: 1, followsParent: true },
    });
  });

  it('heeds what is said', () => {
    const environment = {
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces.example.com/in',
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a%2Cb, x=y=z',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x=only',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=ours,team=ops',
      OTEL_TRACES_SAMPLER: 'traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.25',
    };
    expect(loadConfig(environment).tracing).toMatchObject({
      url: 'https://traces.example.com/in',
      headers: { 'api-key': 'a,b', x: 'only' },
      otherProtocol: 'grpc',
      serviceName: 'ours',
      resourceAttributes: { team: 'ops' },
      sampler: { root: 'ratio', ratio: 0.25, followsParent: false },
    });
    expect(loadConfig({ ...environment, OTEL_SERVICE_NAME: 'mine' }).tracing?.serviceName).toBe('mine');
  });

  it('names what is wrong', () => {
    const wrong = {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318',
      OTEL_EXPORTER_OTLP_HEADERS: 'x',
      OTEL_RESOURCE_ATTRIBUTES: 'a=%',
      OTEL_TRACES_SAMPLER: 'jaeger_remote',
      OTEL_TRACES_SAMPLER_ARG: '2',
    };
    expect(() => loadConfig(wrong)).toThrow(
      /ENDPOINT: must be an http[^]*HEADERS: must be key=value[^]*RESOURCE_ATTRIBUTES: must be key=value[^]*SAMPLER: must be one of[^]*SAMPLER_ARG/,
    );
  });
});
