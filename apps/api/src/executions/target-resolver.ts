import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import type { RunnableEvent } from '../events/runnable-event';
import { DomainError } from '../http/domain-error';
import { ServerHealth } from '../servers/server-health';
import { ServersService, type UsableServer } from '../servers/servers.service';

/** Where an execution runs: a job on each of `servers`; and when one fails, where it goes on. */
export interface Targets {
  readonly servers: readonly UsableServer[];
  readonly failover: readonly string[];
}

/** Decides, when an event is triggered, which of its servers are used. */
@Injectable()
export class TargetResolver {
  constructor(
    private readonly database: DataSource,
    private readonly servers: ServersService,
    private readonly health: ServerHealth,
  ) {}

  /**
   * @param serverIds what the trigger names instead of the event's own
   * @throws DomainError when there is no server that the event's owner may use
   */
  async resolve(
    eventId: string,
    event: RunnableEvent,
    serverIds: readonly string[] | undefined,
  ): Promise<Targets> {
    if (serverIds) return all(await this.servers.usable(event.owner, serverIds));
    if (event.targetStrategy === 'all' && event.serverTag === null) {
      return all(await this.servers.usable(event.owner, event.serverIds));
    }
    const candidates = await this.candidates(event);
    switch (event.targetStrategy) {
      case 'all':
        return all(candidates);
      case 'any':
        return all([await this.leastLoaded(candidates)]);
      case 'failover':
        return this.firstHealthy(candidates);
      case 'round_robin':
        return all([await this.next(eventId, candidates)]);
    }
  }

  /** Those of these servers that the event's owner may use. */
  async usable(event: RunnableEvent, serverIds: readonly string[]): Promise<string[]> {
    return (await this.servers.usableAmong(event.owner, serverIds)).map(({ id }) => id);
  }

  private async candidates(event: RunnableEvent): Promise<UsableServer[]> {
    const { owner, serverTag, serverIds } = event;
    const found =
      serverTag === null
        ? await this.servers.usableAmong(owner, serverIds)
        : await this.servers.usableWithTag(owner, serverTag);
    if (found.length > 0) return found;
    // Says which one, and why.
    if (serverTag === null) return this.servers.usable(owner, serverIds);
    throw new DomainError(
      'conflict',
      'no_server_with_tag',
      `There is no server with the tag “${serverTag}” that the owner of this event may use.`,
    );
  }

  /** By jobs for each place; a server known to be unhealthy only when all are. */
  private async leastLoaded(candidates: readonly UsableServer[]): Promise<UsableServer> {
    const jobs = await this.servers.activeJobs(candidates.map(({ id }) => id));
    const loadOf = (server: UsableServer) => (jobs.get(server.id) ?? 0) / server.maxConcurrentJobs;
    return this.preferred(candidates).reduce((best, one) => (loadOf(one) < loadOf(best) ? one : best));
  }

  private firstHealthy(candidates: readonly UsableServer[]): Targets {
    const [first] = this.preferred(candidates);
    const at = candidates.findIndex(({ id }) => id === first?.id);
    return { servers: candidates.slice(at, at + 1), failover: candidates.slice(at + 1).map(({ id }) => id) };
  }

  /** The turn is taken in the row of the event, so that replicas share it. */
  private async next(eventId: string, candidates: readonly UsableServer[]): Promise<UsableServer> {
    const [[row]] = await this.database.query<[{ turn: number }[], number]>(
      `UPDATE events SET round_robin_turn = (round_robin_turn + 1) % 1000000 WHERE id = $1
       RETURNING round_robin_turn AS turn`,
      [eventId],
    );
    const preferred = this.preferred(candidates);
    const server = preferred[((row?.turn ?? 1) - 1) % preferred.length];
    if (!server) throw new Error('There was no candidate.');
    return server;
  }

  /** Those not known to be unhealthy; all of them when none is left. */
  private preferred(candidates: readonly UsableServer[]): readonly UsableServer[] {
    const healthy = candidates.filter(({ id }) => this.health.last(id)?.healthy !== false);
    return healthy.length > 0 ? healthy : candidates;
  }
}

const all = (servers: readonly UsableServer[]): Targets => ({ servers, failover: [] });
