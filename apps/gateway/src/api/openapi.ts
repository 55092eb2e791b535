import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { pipelineJsonSchema } from '@open-chatgpt/pipeline';
import { z } from 'zod';
import { componentUri } from './endpoint';
import { apiSchemas, PIPELINE_FILE } from './schemas';

const about = `Submit and watch pipelines, import datasets, preferences and models, and trace a model back to its data.

Errors are \`application/problem+json\` (RFC 9457). Lists are paginated, newest first: \`next\` is the \`after\` of the next
page. Texts of datasets, prompts and models are untrusted: escape them before display.`;

/** The OpenAPI 3.1 document of the control API, generated from the controllers and their schemas. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Open-ChatGPT control API')
    .setDescription(about)
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'a token of: openchat token create' })
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
  });
  const { schemas } = z.toJSONSchema(apiSchemas, { uri: componentUri, io: 'input' });
  const described = { ...schemas, [PIPELINE_FILE]: pipelineJsonSchema() };
  const components = Object.fromEntries(
    Object.entries(described).map(([id, { $schema, $id, ...schema }]) => [id, schema]),
  );
  // A copy as plain JSON: zod attaches properties that are not enumerable.
  return JSON.parse(
    JSON.stringify({ ...document, components: { ...document.components, schemas: components } }),
  );
}
