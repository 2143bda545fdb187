import type { Execution as ExecutionDto, ExecutionQuery, ExecutionSummary } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { Any, DataSource, In, IsNull } from 'typeorm';

import { Batcher } from '../batcher';
import { isDatabaseGone } from '../database/database-gone';
import type { Position } from '../http/cursor';
import { TurnsRepository } from './admission/turns.repository';
import { Execution } from './execution.entity';
import { executionList } from './execution-list';
import { type ExecutionRelations, toExecutionDto, toExecutionSummary } from './execution.mapper';
import { Job } from './job.entity';

/** Reads of executions with what belongs to them. */
@Injectable()
export class ExecutionsRepository {
  private readonly reads = new Batcher((ids: readonly string[]) => this.readAll(ids), isDatabaseGone);

  constructor(
    private readonly database: DataSource,
    private readonly turns: TurnsRepository,
  ) {}

  /** Whose an execution is; null when there is none. */
  async ownerOf(executionId: string): Promise<{ ownerId: string } | null> {
    return this.database
      .getRepository(Execution)
      .findOne({ where: { id: executionId }, select: { ownerId: true } });
  }

  /** Whether it may still change. */
  async isActive(id: string): Promise<boolean> {
    return this.database.getRepository(Execution).existsBy({ id, endedAt: IsNull() });
  }

  /** As it is now, with its jobs; null when there is none. Those that are asked for at the same time are read together. */
  read(id: string): Promise<ExecutionDto | null> {
    return this.reads.add(id);
  }

  private async readAll(ids: readonly string[]): Promise<(ExecutionDto | null)[]> {
    const executions = await this.database.getRepository(Execution).findBy({ id: Any([...ids]) });
    const [jobs, relations] = await Promise.all([
      this.database
        .getRepository(Job)
        .find({ where: { executionId: Any([...ids]) }, order: { position: 'ASC', attempt: 'ASC' } }),
      this.relationsOf(executions),
    ]);
    const turns = await this.turns.of(jobs.filter(({ state }) => state === 'queued').map(({ id }) => id));
    return ids.map((id) => {
      const execution = executions.find((one) => one.id === id);
      const jobsOf = jobs.filter(({ executionId }) => executionId === id);
      return execution ? toExecutionDto(execution, relations(execution), jobsOf, turns) : null;
    });
  }

  /** One page plus one row, newest first. */
  page(
    ownerId: string | undefined,
    query: ExecutionQuery,
    after: Position | undefined,
  ): Promise<Execution[]> {
    const list = executionList(ownerId, query, after);
    const select = this.database
      .getRepository(Execution)
      .createQueryBuilder('execution')
      .innerJoin(`(${list.sql})`, 'listed', 'listed.id = execution.id')
      .setParameters(list.parameters)
      .orderBy('execution.createdAt', 'DESC')
      .addOrderBy('execution.id', 'DESC')
      .limit(query.limit + 1);
    if (ownerId !== undefined) select.andWhere('execution.ownerId = :ownerId', { ownerId });
    return select.getMany();
  }

  async summariesOf(executions: readonly Execution[]): Promise<ExecutionSummary[]> {
    const [jobs, relations] = await Promise.all([
      this.database.getRepository(Job).find({
        select: {
          ...{ id: true, executionId: true, position: true, serverName: true, error: true, exitCode: true },
          ...{ waitingFor: true, waitingSince: true, waitUntil: true },
        },
        where: { executionId: In(executions.map((execution) => execution.id)) },
        order: { position: 'ASC', attempt: 'ASC' },
      }),
      this.relationsOf(executions),
    ]);
    return executions.map((execution) =>
      toExecutionSummary(
        execution,
        relations(execution),
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

  /** Who triggered each of these, and which version of its event runs. */
  private async relationsOf(
    executions: readonly Execution[],
  ): Promise<(execution: Execution) => ExecutionRelations> {
    const [names, versions] = await Promise.all([
      this.valuesOf<string>(
        'SELECT id, name AS value FROM users WHERE id = ANY($1)',
        executions.flatMap(({ triggeredBy: id }) => (id === null ? [] : [id])),
      ),
      this.valuesOf<number>(
        'SELECT id, version AS value FROM event_versions WHERE id = ANY($1)',
        executions.map(({ eventVersionId }) => eventVersionId),
      ),
    ]);
    return ({ triggeredBy: id, eventVersionId }) => ({
      version: versions.get(eventVersionId) ?? 1,
      triggeredBy: id === null ? null : { id, name: names.get(id) ?? '' },
    });
  }

  private async valuesOf<T>(query: string, ids: readonly string[]): Promise<Map<string, T>> {
    if (ids.length === 0) return new Map();
    const rows = await this.database.query<{ id: string; value: T }[]>(query, [[...new Set(ids)]]);
    return new Map(rows.map(({ id, value }) => [id, value]));
  }
}
