import { httpResource } from '@angular/common/http';
import { Component, computed, effect, inject, input, signal, untracked } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { Event, EventVersionEntry } from '@cronium/contracts';
import { mdiHistory } from '@mdi/js';

import { SessionStore } from '../../../core/auth/session';
import { toApiProblem } from '../../../core/http/problem';
import { WhereTitle } from '../../../core/shell/where';
import { Dialogs } from '../../../shared/dialog/dialogs';
import { LoadError } from '../../../shared/feedback/load-error';
import { Skeleton } from '../../../shared/feedback/skeleton';
import { Toasts } from '../../../shared/feedback/toasts';
import { Icon } from '../../../shared/icon/icon';
import { addressFilters } from '../../../shared/paging/address-filters';
import { pagedList } from '../../../shared/paging/paged-list';
import { formatExact } from '../../../shared/time/relative-time';
import { TimeAgo } from '../../../shared/time/time-ago';
import { EventApi, eventUrl, versionsUrl } from '../event-api';
import { fieldLabel } from './field-words';
import { VersionDiff } from './version-diff';

/** Every save of an event: who, when, why and what; any two compared, and the way back. Which two is in the address. */
@Component({
  selector: 'cr-event-history',
  imports: [Icon, LoadError, RouterLink, Skeleton, TimeAgo, VersionDiff],
  templateUrl: './event-history.html',
  styleUrl: './event-history.scss',
})
export class EventHistory {
  private readonly api = inject(EventApi);
  private readonly dialogs = inject(Dialogs);
  private readonly toasts = inject(Toasts);
  private readonly user = inject(SessionStore).user;

  readonly id = input.required<string>();
  /** The version that is looked at; the newest when it is absent. */
  readonly version = input<string>();
  /** What it is compared with; the one before when it is absent. */
  readonly with = input<string>();

  private readonly filter = addressFilters();
  protected readonly event = httpResource<Event>(() => eventUrl(this.id()));
  protected readonly versions = pagedList<EventVersionEntry>(
    () => versionsUrl(this.id()),
    () => ({}),
  );
  protected readonly current = computed(() =>
    this.event.hasValue() ? this.event.value().version : undefined,
  );
  protected readonly chosen = computed(() => numberOf(this.version()) ?? this.versions.items()?.[0]?.version);
  protected readonly compared = computed(() => {
    const chosen = this.chosen();
    if (chosen === undefined) return undefined;
    const other = numberOf(this.with()) ?? chosen - 1;
    return other >= 1 && other !== chosen ? other : undefined;
  });
  protected readonly mayRestore = computed(() => this.user()?.role !== 'VIEWER');
  protected readonly restoring = signal(false);

  protected readonly fieldLabel = fieldLabel;
  protected readonly icons = { restore: mdiHistory };

  constructor() {
    const where = inject(WhereTitle);
    effect(() => {
      const name = this.event.hasValue() ? this.event.value().name : 'Event';
      const link = `/events/${this.id()}`;
      untracked(() =>
        where.here({ label: 'Events', link: '/events' }, { label: name, link }, { label: 'History' }),
      );
    });
  }

  protected choose(version: number): void {
    this.filter({ version: String(version), with: '' });
  }

  protected compareWith(version: string): void {
    this.filter({ version: String(this.chosen() ?? ''), with: version });
  }

  protected changesOf({ version, changes }: EventVersionEntry): string {
    if (version === 1) return 'Created';
    return changes.map(fieldLabel).join(', ');
  }

  protected async restore(version: number): Promise<void> {
    const current = this.current();
    if (current === undefined) return;
    const entry = this.versions.items()?.find((one) => one.version === version);
    const saved = entry ? `, saved ${formatExact(Date.parse(entry.at))}` : '';
    const sure = await this.dialogs.confirm({
      heading: `Restore version ${version}?`,
      text: `The whole event becomes as it was in version ${version}${saved}: script, schedule, servers, limits, and environment with its secrets. It is saved as version ${current + 1}, so nothing is lost; runs that have begun go on as they are.`,
      action: `Restore version ${version}`,
    });
    if (!sure) return;
    this.restoring.set(true);
    try {
      const restored = await this.api.restore(this.id(), version, current);
      const isSame = restored.version === current;
      this.toasts.show(
        isSame
          ? `The event already is as version ${version} was.`
          : `Version ${version} is restored, as version ${restored.version}.`,
      );
      this.event.set(restored);
      this.versions.reload();
      this.filter({ version: '', with: '' });
    } catch (error) {
      this.toasts.show(`Version ${version} could not be restored. ${toApiProblem(error).message}`);
    } finally {
      this.restoring.set(false);
    }
  }
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined;
}
