import type { AlertMessage, MessageGroup } from './alert-message';

/**
 * A way by which alerts reach somebody. To add one: its kind and settings in libs/contracts/src/alert-channel.ts, a class that implements
 * this, and a case in channel-factory.ts; claiming, retrying and logging are done for it.
 */
export interface AlertChannel {
  /**
   * Resolves when the other side has accepted the message, and not before.
   *
   * Order: messages of one alert may arrive in another order than they were sent; each says when it happened. Concurrency: called for
   * several messages at once, by any process. Idempotence: a process that dies after the other side has accepted it delivers the message
   * again; `deliveryId` is the same, and is to be sent along so that the other side can drop it. Time: it ends within 60 seconds, by its own limits.
   *
   * @param recipient an e-mail address, or what the channel made of it; a channel without recipients ignores it
   * @throws DeliveryError which says whether another attempt may help; any other error counts as one that may
   */
  deliver(message: AlertMessage, recipient: string): Promise<void>;

  /**
   * As `deliver`, of two or more that happened within a short time, in their order: all of them are accepted, or none. A channel without it
   * gets each by itself. Its kind is one of `groupedKinds`.
   */
  deliverTogether?(messages: MessageGroup, recipient: string): Promise<void>;
}

/** Why a message was not delivered, in the words of the other side where it gave some. Never with a secret. */
export class DeliveryError extends Error {
  constructor(
    message: string,
    /** False when it will not go better the next time: a refused password or address. */
    readonly isRetryable: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'DeliveryError';
  }
}
