import { apiPrefix, problemSchema, routes } from '@cronium/contracts';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import * as z from 'zod';

import { version } from './version';

/** Serves the OpenAPI document, made from the schemas that check the requests, and Swagger UI on it. */
export function serveOpenApi(app: INestApplication): void {
  SwaggerModule.setup(`${apiPrefix}/${routes.docs}`, app, () => createDocument(app), {
    raw: ['json'],
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
    schemas: { ...document.components?.schemas, ...problem.components },
  };
  return document;
}

/** A zod schema for OpenAPI: what has an id becomes a component, which the rest refers to. */
function toOpenApiSchema(schema: z.ZodType, io: 'input' | 'output') {
  const converted = z.toJSONSchema(schema, { target: 'openapi-3.0', io, unrepresentable: 'any' });
  // For this target, too, zod keeps what has an id under `definitions`, as JSON Schema does.
  const { definitions = {}, ...own } = JSON.parse(
    JSON.stringify(converted).replaceAll('"#/definitions/', '"#/components/schemas/'),
  ) as { definitions?: Record<string, object> };
  return { schema: own, components: definitions };
}
