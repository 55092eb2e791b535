import { EVENTS } from '@open-chatgpt/events';
import { z } from 'zod';

/** The named schemas of the API: the components of the OpenAPI document. */
export const apiSchemas = z.registry<{ id: string }>();

/** An id in a path or a body, by the rules of the events. */
export const identifier = EVENTS['run.requested'].data.shape.runId;

export const dataref = EVENTS['model.published'].data.shape.manifest
  .clone()
  .register(apiSchemas, { id: 'Dataref' });

export const stage = EVENTS['run.requested'].data.shape.stage;
export const algorithm = EVENTS['run.requested'].data.shape.algorithm;

export const status = z
  .enum(['waiting', 'running', 'completed', 'failed', 'cancelled'])
  .register(apiSchemas, { id: 'Status' });

/** RFC 3339. */
export const time = z.iso.datetime();

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
