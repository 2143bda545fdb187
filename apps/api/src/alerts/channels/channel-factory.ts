import { Injectable } from '@nestjs/common';

import { Config } from '../../config/config';
import { SecretsService } from '../../secrets/secrets.service';
import type { AlertChannel } from './alert-channel';
import type { StoredChannel } from './channel-rows';
import { EmailChannel } from './email-channel';
import { WebhookChannel } from './webhook-channel';

/** The only place that knows which kinds of channels there are. */
@Injectable()
export class ChannelFactory {
  constructor(
    private readonly config: Config,
    private readonly secrets: SecretsService,
  ) {}

  /** @throws when its secret cannot be opened with the key in use */
  create(channel: StoredChannel): AlertChannel {
    const secret =
      channel.sealedSecret === null
        ? null
        : this.secrets.decrypt(channel.sealedSecret, channelPurpose(channel.id));
    switch (channel.kind) {
      case 'email':
        return new EmailChannel({ ...channel.config, password: secret });
      case 'webhook':
        return new WebhookChannel({
          ...channel.config,
          secret: secret ?? '',
          allowLinkLocal: this.config.allowLinkLocalWebhooks,
        });
    }
  }

  /** For the column; null for none. */
  seal(channelId: string, secret: string | null): string | null {
    return secret === null || secret === '' ? null : this.secrets.encrypt(secret, channelPurpose(channelId));
  }
}

/** Bound to the channel: a sealed secret copied to another row does not open. */
export const channelPurpose = (channelId: string) => `alert-channel:${channelId}`;
