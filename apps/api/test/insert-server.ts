import { DataSource } from 'typeorm';
import { v7 as uuid } from 'uuid';

import type { TestApp } from './test-app';

/** A container server that belongs to a user; its id. */
export async function insertServer(
  app: TestApp,
  ownerId: string,
  containerConfig: object = {},
  { name = 'Owned', tags = [] }: { readonly name?: string; readonly tags?: readonly string[] } = {},
): Promise<string> {
  const id = uuid();
  await app.app
    .get(DataSource)
    .query(
      `INSERT INTO servers (id, name, type, owner_id, tags, container_config) VALUES ($1, $2, 'container', $3, $4, $5)`,
      [id, name, ownerId, tags, containerConfig],
    );
  return id;
}
