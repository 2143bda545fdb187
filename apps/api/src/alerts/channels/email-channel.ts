import { type AlertChannel, DeliveryError } from './alert-channel';
import type { AlertMessage, MessageGroup } from './alert-message';
import { subjectOf, subjectOfGroup, textOf, textOfGroup } from './message-text';

export interface EmailSettings {
  readonly host: string;
  readonly port: number;
  readonly security: 'none' | 'starttls' | 'tls';
  readonly user: string | null;
  readonly from: string;
  readonly password: string | null;
}

const connectMilliseconds = 10_000;
const silenceMilliseconds = 15_000;

/** E-mail over SMTP: one connection a message, since alerts are few. */
export class EmailChannel implements AlertChannel {
  constructor(private readonly settings: EmailSettings) {}

  deliver(message: AlertMessage, recipient: string): Promise<void> {
    return this.send(message, recipient, subjectOf(message), textOf(message));
  }

  deliverTogether(messages: MessageGroup, recipient: string): Promise<void> {
    return this.send(messages[0], recipient, subjectOfGroup(messages), textOfGroup(messages));
  }

  private async send(
    { deliveryId, at }: AlertMessage,
    recipient: string,
    subject: string,
    text: string,
  ): Promise<void> {
    const { host, port, security, user, password, from } = this.settings;
    // Loaded with the first e-mail: it takes 18 MiB, and most installations send none for days.
    const { createTransport } = await import('nodemailer');
    const transport = createTransport({
      host,
      port,
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      ...(user === null ? {} : { auth: { user, pass: password ?? '' } }),
      connectionTimeout: connectMilliseconds,
      greetingTimeout: connectMilliseconds,
      socketTimeout: silenceMilliseconds,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    try {
      await transport.sendMail({
        from,
        to: recipient,
        subject,
        text,
        // Mail servers drop a second message with the same one.
        messageId: `<${deliveryId}@${domainOf(from)}>`,
        date: at,
        headers: { 'X-Cronium-Delivery': deliveryId, 'Auto-Submitted': 'auto-generated' },
      });
    } catch (error) {
      throw toDeliveryError(error, `${host}:${port}`);
    } finally {
      transport.close();
    }
  }
}

function toDeliveryError(error: unknown, place: string): DeliveryError {
  const { message, responseCode } = error as Error & { responseCode?: number };
  // 5xx of SMTP is final, 4xx is not; without a code the server was not reached, or went away.
  const isRetryable = responseCode === undefined || responseCode < 500;
  const text = message.includes(place) ? message : `${place}: ${message}`;
  return new DeliveryError(text, isRetryable, { cause: error });
}

function domainOf(from: string): string {
  return /@([^\s>]+)/.exec(from)?.[1] ?? 'cronium';
}
