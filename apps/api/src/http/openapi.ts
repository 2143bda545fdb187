import { apiPrefix, problemSchema, routes } from '@cronium/contracts';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import * as z from 'zod';

import { version } from './version';

/** Serves the OpenAPI document, made from the schemas that check the requests, and Swagger UI on it. */
export function serveOpenApi(app: INestApplication): void {
  SwaggerModule.setup(`${apiPrefix}/${routes.docs}`, app, () => createDocument(app), {
    jsonDocumentUrl: `${apiPrefix}/${routes.openapi}`,
    customSiteTitle: 'Cronium API',
    swaggerOptions: { persistAuthorization: true },
  });
}

function createDocument(app: INestApplication): OpenAPIObject {
  const outline = new DocumentBuilder()
    .setTitle('Cronium')
    .setDescription(
      'Save scripts as events, run them on servers, and follow what they do. Errors are problem+json (RFC 9457).',
    )
    .setVersion(version)
    .addBearerAuth()
    .build();
  const document = SwaggerModule.createDocument(app, outline, {
    operationIdFactory: (controller, method) =>
      `${controller.replace(/Controller$/, '').toLowerCase()}.${method}`,
    standardSchemaConverter: (schema, { schemaType }) =>
      schema instanceof z.ZodType ? toOpenApiSchema(schema, schemaType) : undefined,
  });
  const problem = toOpenApiSchema(problemSchema, 'output');
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, ...(problem.components as Record<string, object>) },
  };
  return document;
}

/** A zod schema for OpenAPI: what has an id becomes a component, which the rest refers to. */
function toOpenApiSchema(schema: z.ZodType, io: 'input' | 'output') {
  const {
    $schema: _,
    $defs = {},
    ...own
  } = z.toJSONSchema(schema, { target: 'openapi-3.0', io, unrepresentable: 'any' });
  const id = schema.meta()?.id;
  if (id === undefined) return { schema: own, components: $defs };
  return { schema: { $ref: `#/components/schemas/${id}` }, components: { ...$defs, [id]: own } };
}
