import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';
import { componentUri } from './endpoint';
import { apiSchemas } from './schemas';

const about = `Submit pipelines and watch them, bring data and preferences in, follow models back to their data.

Errors are \`application/problem+json\` (RFC 9457). Lists are newest first and come in pages: \`next\` is the \`after\` of
the page that follows. Texts of datasets, prompts and models are untrusted: show them escaped.`;

/** The OpenAPI 3.1 document of the control API, made from the controllers and the schemas that they check with. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Open-ChatGPT control API')
    .setDescription(about)
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'made by: openchat token create' })
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
  });
  const { schemas } = z.toJSONSchema(apiSchemas, { uri: componentUri, io: 'input' });
  const components = Object.fromEntries(
    Object.entries(schemas).map(([id, { $schema, $id, ...schema }]) => [id, schema]),
  );
  // Through JSON: zod attaches properties that are not enumerable.
  return JSON.parse(
    JSON.stringify({ ...document, components: { ...document.components, schemas: components } }),
  );
}
