import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';

import { type AlertChannel, DeliveryError } from './alert-channel';
import type { AlertMessage } from './alert-message';
import { lookupRefusingLinkLocal, RefusedAddressError, refuseLinkLocal } from './link-local';
import { signatureOf } from './webhook-signature';

export interface WebhookSettings {
  readonly url: string;
  readonly secret: string;
  readonly allowLinkLocal: boolean;
}

const timeoutMilliseconds = 10_000;
/** Of an answer that refuses, as much is kept. */
const answerBytes = 500;

/** A signed POST. Redirects are not followed: whoever answers is who the administrator named. */
export class WebhookChannel implements AlertChannel {
  constructor(
    private readonly settings: WebhookSettings,
    private readonly now: () => Date = () => new Date(),
  ) {}

  async deliver(message: AlertMessage): Promise<void> {
    const body = JSON.stringify(bodyOf(message));
    try {
      const { status, text } = await this.post(body, message.deliveryId);
      if (status >= 200 && status < 300) return;
      const isRetryable = status >= 500 || status === 408 || status === 429;
      throw new DeliveryError(`It answered ${status}${text === '' ? '' : `: ${text}`}`, isRetryable);
    } catch (error) {
      if (error instanceof DeliveryError) throw error;
      const reason = error instanceof Error ? error.message || error.name : String(error);
      throw new DeliveryError(reason, !(error instanceof RefusedAddressError), { cause: error });
    }
  }

  private post(body: string, deliveryId: string): Promise<{ status: number; text: string }> {
    const { url, secret, allowLinkLocal } = this.settings;
    const target = new URL(url);
    if (!allowLinkLocal) refuseLinkLocal(target.hostname);
    const send = target.protocol === 'https:' ? requestHttps : requestHttp;
    return new Promise((resolve, reject) => {
      const request = send(
        target,
        {
          method: 'POST',
          headers: {
            'Content-Type': 'application/json',
            'Content-Length': Buffer.byteLength(body),
            'User-Agent': 'Cronium',
            'X-Cronium-Delivery': deliveryId,
            'X-Cronium-Signature': signatureOf(body, secret, this.now()),
          },
          agent: false,
          signal: AbortSignal.timeout(timeoutMilliseconds),
          ...(allowLinkLocal ? {} : { lookup: lookupRefusingLinkLocal }),
        },
        (answer) => {
          beginningOf(answer).then((text) => resolve({ status: answer.statusCode ?? 0, text }), reject);
        },
      );
      request.on('error', (error) =>
        reject(
          error.name === 'AbortError' || error.name === 'TimeoutError'
            ? new DeliveryError(`It did not answer within ${timeoutMilliseconds / 1000} s.`, true)
            : error,
        ),
      );
      request.end(body);
    });
  }
}

/** What the receiver gets; docs/alerts.md describes it. */
function bodyOf({ deliveryId, change, at, alert, link }: AlertMessage): object {
  return {
    id: deliveryId,
    type: change === 'test' ? 'test' : `alert.${change}`,
    at: at.toISOString(),
    alert: {
      ...alert,
      openedAt: alert.openedAt.toISOString(),
      resolvedAt: alert.resolvedAt?.toISOString() ?? null,
    },
    link,
  };
}

async function beginningOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  answer.setEncoding('utf8');
  for await (const piece of answer) {
    text += String(piece);
    if (text.length >= answerBytes) break; // which ends the connection
  }
  return text.slice(0, answerBytes).replaceAll('\0', '').trim();
}
