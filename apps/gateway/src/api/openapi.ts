import { pipelineJsonSchema } from '@open-chatgpt/pipeline';
import type { DocumentedApi } from '@open-chatgpt/service';
import { apiSchemas, PIPELINE_FILE, problem } from './schemas';

/** The control API, of which the controllers and their schemas make the OpenAPI document. */
export const controlApi: DocumentedApi = {
  title: 'Open-ChatGPT control API',
  about: `Submit and watch pipelines, import datasets, preferences and models, and trace a model back to its data.

Errors are \`application/problem+json\` (RFC 9457). Lists are paginated, newest first: \`next\` is the \`after\` of the next
page. Texts of datasets, prompts and models are untrusted: escape them before display.`,
  schemas: apiSchemas,
  error: problem,
  errorType: 'application/problem+json',
  otherSchemas: () => ({ [PIPELINE_FILE]: pipelineJsonSchema() }),
};
