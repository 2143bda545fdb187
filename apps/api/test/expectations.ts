import { type Page, type Problem, problemSchema, type Session } from '@cronium/contracts';
import type { Response } from 'supertest';
import type * as z from 'zod';

import type { TestApp } from './test-app';

/** Every error of the API has one shape; `code` says which it is. */
export function expectProblem(answer: Response, status: number, code?: string): Problem {
  expect([answer.status, (answer.body as Problem).code]).toEqual([
    status,
    code ?? (answer.body as Problem).code,
  ]);
  expect(answer.headers['content-type']).toMatch('application/problem+json');
  return problemSchema.parse(answer.body);
}

/** A refused request names each field that is wrong, and only those. */
export function expectRefused(answer: Response, paths: readonly string[]): Problem {
  const problem = expectProblem(answer, 400);
  expect(problem.errors?.map(({ path }) => path).sort()).toEqual([...paths].sort());
  return problem;
}

/** All items of a list, page by page, as they were given; each page checked. */
export async function readPages<T>(
  app: TestApp,
  session: Session,
  path: string,
  schema: z.ZodType<Page<T>>,
  limit: number,
): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${cursor}`;
    const answer = await app.as(
      session,
      'get',
      `${path}${path.includes('?') ? '&' : '?'}limit=${limit}${query}`,
    );
    expect(answer.status).toBe(200);
    const page = schema.parse(answer.body);
    expect(page.items.length).toBeLessThanOrEqual(limit);
    if (page.nextCursor !== null) expect(page.items).toHaveLength(limit);
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return items;
}

/** What every list refuses in its query, with the fields it names. */
export const wrongListQueries: [query: string, paths: string[]][] = [
  ['limit=0', ['query.limit']],
  ['limit=201', ['query.limit']],
  ['limit=many', ['query.limit']],
  ['cursor=nonsense', ['query.cursor']],
  [`cursor=${Buffer.from('["2026-01-01T00:00:00Z","x"]').toString('base64url')}`, ['query.cursor']],
  ['cursor=a&cursor=b', ['query.cursor']],
  ['sort=name', ['query']],
];
