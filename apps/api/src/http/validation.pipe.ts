import type { FieldError } from '@cronium/contracts';
import { type ArgumentMetadata, Injectable, StandardSchemaValidationPipe } from '@nestjs/common';
import type { StandardSchemaV1 } from '@standard-schema/spec';

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
    const result = await schema['~standard'].validate(value ?? {});
    if (!result.issues) return result.value as T;
    const fields = result.issues.map((issue) => toFieldError(places[metadata.type] ?? metadata.type, issue));
    const first = fields[0];
    throw new DomainError(
      'invalid',
      'validation_failed',
      first ? `${first.path}: ${first.message}` : 'The request is not valid.',
      fields,
    );
  }
}

function toFieldError(place: string, issue: StandardSchemaV1.Issue): FieldError {
  const keys = (issue.path ?? []).map((segment) =>
    String(typeof segment === 'object' ? segment.key : segment),
  );
  return { path: [place, ...keys].join('.'), message: issue.message };
}
