import { Component, inject, signal } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { AlertChannel, AlertChannelTest } from '@cronium/contracts';
import {
  mdiDeleteOutline,
  mdiEmailOutline,
  mdiPencilOutline,
  mdiPlus,
  mdiSendCheckOutline,
  mdiWebhook,
} from '@mdi/js';

import { toApiProblem } from '../../../core/http/problem';
import { Dialogs } from '../../../shared/dialog/dialogs';
import { Notice } from '../../../shared/feedback/notice';
import { Placeholder } from '../../../shared/feedback/placeholder';
import { Toasts } from '../../../shared/feedback/toasts';
import { Icon } from '../../../shared/icon/icon';
import { ListFrame } from '../../../shared/paging/list-frame';
import { pagedList } from '../../../shared/paging/paged-list';
import { AlertApi, channelsUrl } from '../alert-api';
import { AlertTabs } from '../alert-tabs';

/** What came of the test of a channel; `result` is undefined while it is under way. */
interface Tested {
  readonly name: string;
  readonly result: Pick<AlertChannelTest, 'delivered' | 'recipient' | 'error'> | undefined;
}

/** By which ways alerts leave the product. For administrators. */
@Component({
  selector: 'cr-channel-list',
  imports: [AlertTabs, Icon, ListFrame, Notice, Placeholder, RouterLink],
  templateUrl: './channel-list.html',
  styleUrl: './channel-list.scss',
})
export class ChannelList {
  private readonly api = inject(AlertApi);
  private readonly dialogs = inject(Dialogs);
  private readonly toasts = inject(Toasts);

  protected readonly channels = pagedList<AlertChannel>(channelsUrl, () => ({}));
  protected readonly tested = signal<Tested | null>(null);
  protected readonly icons = {
    add: mdiPlus,
    delete: mdiDeleteOutline,
    edit: mdiPencilOutline,
    email: mdiEmailOutline,
    test: mdiSendCheckOutline,
    webhook: mdiWebhook,
  };

  protected whereOf(channel: AlertChannel): string {
    return channel.kind === 'email'
      ? `${channel.email.from} by ${channel.email.host}:${channel.email.port}`
      : channel.webhook.url;
  }

  protected async edit(channel: AlertChannel | null): Promise<void> {
    const { ChannelDialog } = await import('./channel-dialog');
    const saved = await this.dialogs.open<AlertChannel>(ChannelDialog, { data: channel, width: '600px' });
    if (!saved) return;
    if (channel === null) this.channels.reload();
    else this.show(saved);
  }

  protected async toggle({ id, name, enabled }: AlertChannel): Promise<void> {
    try {
      this.show(await this.api.updateChannel(id, { enabled: !enabled }));
    } catch (error) {
      this.toasts.show(`“${name}” could not be changed. ${toApiProblem(error).message}`);
      this.channels.reload();
    }
  }

  protected async test({ id, name }: AlertChannel): Promise<void> {
    this.tested.set({ name, result: undefined });
    try {
      this.tested.set({ name, result: await this.api.testChannel(id) });
    } catch (error) {
      const { message } = toApiProblem(error);
      this.tested.set({ name, result: { delivered: false, recipient: '', error: message } });
    }
  }

  protected async remove({ id, name }: AlertChannel): Promise<void> {
    const sure = await this.dialogs.confirm({
      heading: `Delete “${name}”?`,
      text: 'What waits to be delivered by it is given up, and rules that name it name it no more. The log stays.',
      action: 'Delete channel',
      danger: true,
    });
    if (!sure) return;
    try {
      await this.api.deleteChannel(id);
      this.channels.change((rows) => rows.filter((row) => row.id !== id));
    } catch (error) {
      this.toasts.show(`“${name}” could not be deleted. ${toApiProblem(error).message}`);
    }
  }

  private show(saved: AlertChannel): void {
    this.channels.change((rows) => rows.map((row) => (row.id === saved.id ? saved : row)));
  }
}
