import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

import { Global, Inject, Injectable, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';

import { Config } from '../config/config';
import { version } from '../http/version';
import { NoTracing, Tracing } from './tracing';

/** Sends the last spans after everything that makes some has stopped. */
@Injectable()
class TracingEnd implements OnApplicationShutdown {
  constructor(@Inject(Tracing) private readonly tracing: Tracing) {}

  onApplicationShutdown(): Promise<void> {
    return this.tracing.close();
  }
}

/** For whoever does something that is worth a span. */
@Global()
@Module({
  providers: [{ provide: Tracing, inject: [Config], useFactory: openTracing }, TracingEnd],
  exports: [Tracing],
})
export class TracingModule {}

async function openTracing({ tracing: config }: Config): Promise<Tracing> {
  if (!config) return new NoTracing();
  if (config.otherProtocol !== undefined) {
    new Logger('Tracing').warn(
      { asked: config.otherProtocol, url: config.url },
      'Traces are sent as OTLP over HTTP in JSON. OTEL_EXPORTER_OTLP_PROTOCOL asks for another protocol; make sure that the receiver takes this one there.',
    );
  }
  // Loaded here, since OpenTelemetry's code would be a tenth of an idle process' memory.
  const { OtlpTracing } = await import(/* webpackMode: "eager" */ './otlp-tracing');
  return new OtlpTracing(config, {
    'service.version': version,
    'service.instance.id': randomUUID(),
    'host.name': hostname(),
  });
}
