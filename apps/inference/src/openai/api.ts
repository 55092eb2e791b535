import { type DocumentedApi, endpointsOf } from '@open-chatgpt/service';
import { z } from 'zod';

/** The named schemas: the components of the OpenAPI document. */
export const apiSchemas = z.registry<{ id: string }>();

const error = z
  .object({
    error: z.object({
      message: z.string().describe('the error and its remedy'),
      type: z.string(),
      param: z.string().nullable().describe('the field that is wrong'),
      code: z.string().nullable(),
    }),
  })
  .register(apiSchemas, { id: 'Error' });

/** The API of the server, of which the controllers and their schemas make the OpenAPI document. */
export const inferenceApi: DocumentedApi = {
  title: 'Open-ChatGPT inference API',
  about: `The served models, by OpenAI's, Anthropic's and vLLM's endpoints. Responses and events have the form that the clients
of these APIs read. A field that would change an answer and is not listed is refused by its name. Errors of Anthropic's endpoints have its form.

What a model writes is untrusted: escape it before display.`,
  schemas: apiSchemas,
  error,
  errorType: 'application/json',
};

const endpoint = endpointsOf(inferenceApi);

/** Declares an endpoint that needs the scope \`inference\`, and its operation in the OpenAPI document. */
export const Endpoint = (summary: string, body?: z.ZodType): MethodDecorator =>
  endpoint({ summary, scope: 'inference', body, errors: [400, 404, 429, 503] });

/** The same with the scope `models`, for what changes the served models. */
export const AdminEndpoint = (summary: string, body?: z.ZodType): MethodDecorator =>
  endpoint({ summary, scope: 'models', body, errors: [400, 404, 503] });
