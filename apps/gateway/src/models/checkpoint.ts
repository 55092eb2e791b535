import { z } from 'zod';
import { apiSchemas, dataref, identifier, stage, time } from '../api/schemas';

/** A moment of a run, from which it can go on. */
export const checkpointSchema = z
  .object({
    checkpointId: z.string(),
    runId: identifier,
    pipelineId: identifier.optional(),
    stage,
    attempt: z.int(),
    step: z.int(),
    createdAt: time,
    manifest: dataref.describe('lists its files'),
    gone: z.literal(true).optional().describe('its files were removed; it is known for the lineage'),
  })
  .register(apiSchemas, { id: 'Checkpoint' });

export type Checkpoint = z.output<typeof checkpointSchema>;
