import { Global, Module } from '@nestjs/common';

import { InstallationMetrics } from './installation-metrics';
import { MetricsController } from './metrics.controller';
import { Metrics } from './metrics';

/** For every feature that counts something. */
@Global()
@Module({ controllers: [MetricsController], providers: [InstallationMetrics, Metrics], exports: [Metrics] })
export class MetricsModule {}
