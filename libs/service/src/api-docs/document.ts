import type { INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { NextFunction, Request, Response } from 'express';
import { z } from 'zod';
import { type ApiDescription, componentUri } from './endpoint';

/** The document says the dialect, and the name of a schema, once for all. */
interface JsonSchema {
  $schema?: unknown;
  $id?: unknown;
}

export interface DocumentedApi extends ApiDescription {
  title: string;
  /** Markdown. */
  about: string;
  /** JSON Schemas that are not made from zod, by their names. */
  otherSchemas?: () => Readonly<Record<string, JsonSchema>>;
}

/** Serves the OpenAPI document of an API at /openapi.json, and its page at /docs. */
export function serveDocumentation(app: NestExpressApplication, api: DocumentedApi): void {
  app.use('/docs', allowOwnScripts);
  SwaggerModule.setup('docs', app, () => openApiDocument(app, api), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: api.title,
  });
}

/** An OpenAPI 3.1 document, generated from the controllers and their schemas. */
function openApiDocument(app: INestApplication, api: DocumentedApi): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(api.title)
    .setDescription(api.about)
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'a token of: openchat token create' })
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
  });
  const { schemas } = z.toJSONSchema(api.schemas, { uri: componentUri, io: 'input' });
  const described: Record<string, JsonSchema> = { ...schemas, ...api.otherSchemas?.() };
  const components = Object.fromEntries(
    Object.entries(described).map(([id, { $schema, $id, ...schema }]) => [id, schema]),
  );
  // A copy as plain JSON: zod attaches properties that are not enumerable.
  return JSON.parse(
    JSON.stringify({ ...document, components: { ...document.components, schemas: components } }),
  );
}

/** The page of the documentation has scripts and styles, its own. */
function allowOwnScripts(_request: Request, response: Response, next: NextFunction): void {
  response.setHeader(
    'content-security-policy',
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  );
  response.removeHeader('cache-control');
  next();
}
