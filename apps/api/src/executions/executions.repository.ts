import type { Execution as ExecutionDto, ExecutionQuery, ExecutionSummary } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';

import type { Position } from '../http/cursor';
import { Execution } from './execution.entity';
import { toExecutionDto, toExecutionSummary } from './execution.mapper';
import { Job } from './job.entity';

/** Reads of executions with what belongs to them. */
@Injectable()
export class ExecutionsRepository {
  constructor(private readonly database: DataSource) {}

  /** Whose an execution is; null when there is none. */
  async ownerOf(executionId: string): Promise<{ ownerId: string } | null> {
    return this.database
      .getRepository(Execution)
      .findOne({ where: { id: executionId }, select: { ownerId: true } });
  }

  async read(id: string): Promise<ExecutionDto | null> {
    const execution = await this.database.getRepository(Execution).findOneBy({ id });
    if (!execution) return null;
    const [jobs, names] = await Promise.all([
      this.database
        .getRepository(Job)
        .find({ where: { executionId: id }, order: { position: 'ASC', attempt: 'ASC' } }),
      this.namesOf([execution]),
    ]);
    return toExecutionDto(execution, triggeredBy(execution, names), jobs);
  }

  /** One page plus one row, newest first. */
  page(
    ownerId: string | undefined,
    query: ExecutionQuery,
    after: Position | undefined,
  ): Promise<Execution[]> {
    const select = this.database
      .getRepository(Execution)
      .createQueryBuilder('execution')
      .orderBy('execution.createdAt', 'DESC')
      .addOrderBy('execution.id', 'DESC')
      .take(query.limit + 1);
    if (ownerId !== undefined) select.andWhere('execution.ownerId = :ownerId', { ownerId });
    if (query.eventId) select.andWhere('execution.eventId = :eventId', { eventId: query.eventId });
    if (query.state) select.andWhere('execution.state = :state', { state: query.state });
    if (query.since) select.andWhere('execution.createdAt >= :since', { since: query.since });
    if (query.until) select.andWhere('execution.createdAt < :until', { until: query.until });
    if (after) select.andWhere('(execution.createdAt, execution.id) < (:at, :id)', after);
    return select.getMany();
  }

  async summariesOf(executions: readonly Execution[]): Promise<ExecutionSummary[]> {
    const [jobs, names] = await Promise.all([
      this.database.getRepository(Job).find({
        select: { id: true, executionId: true, serverName: true, error: true, exitCode: true },
        where: { executionId: In(executions.map((execution) => execution.id)) },
        order: { position: 'ASC', attempt: 'ASC' },
      }),
      this.namesOf(executions),
    ]);
    return executions.map((execution) =>
      toExecutionSummary(
        execution,
        triggeredBy(execution, names),
        jobs.filter((job) => job.executionId === execution.id),
      ),
    );
  }

  /** The summary of one, with its owner: for those who watch lists. */
  async summaryOf(id: string): Promise<{ ownerId: string; summary: ExecutionSummary } | null> {
    const execution = await this.database.getRepository(Execution).findOneBy({ id });
    const [summary] = execution ? await this.summariesOf([execution]) : [];
    return execution && summary ? { ownerId: execution.ownerId, summary } : null;
  }

  private async namesOf(executions: readonly Execution[]): Promise<Map<string, string>> {
    const ids = [...new Set(executions.flatMap(({ triggeredBy: id }) => (id === null ? [] : [id])))];
    if (ids.length === 0) return new Map();
    const users = await this.database.query<{ id: string; name: string }[]>(
      'SELECT id, name FROM users WHERE id = ANY($1)',
      [ids],
    );
    return new Map(users.map(({ id, name }) => [id, name]));
  }
}

function triggeredBy(
  { triggeredBy: id }: Execution,
  names: ReadonlyMap<string, string>,
): ExecutionDto['triggeredBy'] {
  return id === null ? null : { id, name: names.get(id) ?? '' };
}
