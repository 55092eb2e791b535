import { dataref, pipelineSchema, runSchema, status } from '@open-chatgpt/orchestration';
import { z } from 'zod';

/** The named schemas of the API: the components of the OpenAPI document. */
export const apiSchemas = z.registry<{ id: string }>();

/** Component with the JSON Schema of a pipeline file, which `parsePipeline` checks in the words of people. */
export const PIPELINE_FILE = 'PipelineFile';

dataref.register(apiSchemas, { id: 'Dataref' });
status.register(apiSchemas, { id: 'Status' });
runSchema.register(apiSchemas, { id: 'Run' });
pipelineSchema.register(apiSchemas, { id: 'Pipeline' });

export const problem = z
  .object({
    type: z.string(),
    status: z.int(),
    title: z.string(),
    detail: z.string().describe('the error and its remedy'),
    errors: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .optional()
      .describe('the invalid fields of the request'),
  })
  .register(apiSchemas, { id: 'Problem' });
