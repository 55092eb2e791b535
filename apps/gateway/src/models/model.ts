import { EVENTS } from '@open-chatgpt/events';
import { z } from 'zod';
import { apiSchemas, dataref, time } from '../api/schemas';

const { modelId, name, stage, lineage, metrics } = EVENTS['model.published'].data.shape;

/** A model that can be loaded. */
export const modelSchema = z
  .object({ modelId, name, stage, createdAt: time, manifest: dataref, lineage, metrics })
  .register(apiSchemas, { id: 'Model' });

export type Model = z.output<typeof modelSchema>;
