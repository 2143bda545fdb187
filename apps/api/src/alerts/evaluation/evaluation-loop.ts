import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';

import { WakeLoop } from '../../wake-loop';
import { DeliveryLoop } from '../deliveries/delivery-loop';
import { AlertEvaluator } from './alert-evaluator';

const everyMilliseconds = 60_000;
/** What the start of the product sets right by itself is no alert. */
const firstMilliseconds = 30_000;

/** Evaluates the rules once a minute, and tells the delivery of what it could not hear of. */
@Injectable()
export class EvaluationLoop implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(EvaluationLoop.name);
  private readonly loop = new WakeLoop(
    () => this.look(),
    (error) =>
      this.logger.warn({ err: error }, 'The rules of alerts could not be evaluated; it is tried again.'),
    everyMilliseconds,
  );
  private first: NodeJS.Timeout | undefined;

  constructor(
    private readonly evaluator: AlertEvaluator,
    private readonly deliveries: DeliveryLoop,
  ) {}

  onApplicationBootstrap(): void {
    this.first = setTimeout(() => this.loop.wake(), firstMilliseconds);
    this.first.unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearTimeout(this.first);
    await this.loop.stop();
  }

  private async look(): Promise<number> {
    const next = await this.evaluator.evaluate();
    if (next !== null && next.getTime() <= Date.now() + everyMilliseconds) this.deliveries.wake();
    return everyMilliseconds;
  }
}
