import { dataref, identifier, stage, time } from '@open-chatgpt/orchestration';
import { z } from 'zod';
import { apiSchemas } from '../api/schemas';

/** A checkpoint, from which its run can resume. */
export const checkpointSchema = z
  .object({
    checkpointId: z.string(),
    runId: identifier,
    pipelineId: identifier.optional(),
    stage,
    attempt: z.int(),
    step: z.int(),
    createdAt: time,
    manifest: dataref.describe('the list of its files'),
    gone: z.literal(true).optional().describe('its files were removed; the lineage keeps it'),
  })
  .register(apiSchemas, { id: 'Checkpoint' });

export type Checkpoint = z.output<typeof checkpointSchema>;
