import type { FieldError } from '@cronium/contracts';
import { type ArgumentMetadata, Injectable, StandardSchemaValidationPipe } from '@nestjs/common';
import type { StandardSchemaV1 } from '@standard-schema/spec';

import { unstorableIn } from '../database/storable';
import { DomainError } from './domain-error';

const places: Partial<Record<ArgumentMetadata['type'], string>> = {
  body: 'body',
  query: 'query',
  param: 'path',
};

/** Checks every argument that names a schema. A refusal names each field by where it is in the request: `body.limits.cpu`. */
@Injectable()
export class ValidationPipe extends StandardSchemaValidationPipe {
  override async transform<T>(value: T, metadata: ArgumentMetadata): Promise<T> {
    const { schema } = metadata;
    if (!schema) return value;
    const place = places[metadata.type] ?? metadata.type;
    const result = await validated(schema, value ?? {}, place);
    if (result.issues) throw refusal(result.issues.map((issue) => toFieldError(place, issue)));
    const unstorable = unstorableIn(result.value);
    if (unstorable.length > 0) throw refusal(unstorable.map((keys) => notText(place, keys)));
    return result.value as T;
  }
}

function refusal(fields: readonly FieldError[]): DomainError {
  const first = fields[0];
  return new DomainError(
    'invalid',
    'validation_failed',
    first ? `${first.path}: ${first.message}` : 'The request is not valid.',
    fields,
  );
}

async function validated(schema: StandardSchemaV1, value: unknown, place: string) {
  try {
    return await schema['~standard'].validate(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // The stack of a check that follows the value downwards.
    throw refusal([{ path: place, message: 'This is nested too deeply.' }]);
  }
}

function notText(place: string, keys: readonly string[]): FieldError {
  return {
    path: [place, ...keys].join('.'),
    message: 'This holds a NUL character or half of a surrogate pair, which cannot be stored. Take it out.',
  };
}

function toFieldError(place: string, issue: StandardSchemaV1.Issue): FieldError {
  const keys = (issue.path ?? []).map((segment) =>
    String(typeof segment === 'object' ? segment.key : segment),
  );
  return { path: [place, ...keys].join('.'), message: issue.message };
}
