import { Module } from '@nestjs/common';

import { ExecutionsModule } from '../executions/executions.module';
import { AlertsModule } from './alerts.module';
import { Deliverer } from './deliveries/deliverer';
import { DeliveryLoop } from './deliveries/delivery-loop';
import { AlertEvaluator } from './evaluation/alert-evaluator';
import { EvaluationLoop } from './evaluation/evaluation-loop';

/** Part of the role `scheduler`: notices what is wrong, and delivers alerts. */
@Module({
  imports: [AlertsModule, ExecutionsModule],
  providers: [AlertEvaluator, EvaluationLoop, Deliverer, DeliveryLoop],
})
export class AlertWorkModule {}
