import { EVENTS } from '@open-chatgpt/events';
import { z } from 'zod';

/** Every schema of the API that has a name: they make the components of the OpenAPI document. */
export const apiSchemas = z.registry<{ id: string }>();

/** A name in a path or a body: the events have the same. */
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
    detail: z.string().describe('what is wrong, and the remedy'),
    errors: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .optional()
      .describe('the fields of the request that are wrong'),
  })
  .register(apiSchemas, { id: 'Problem' });
