import { EVENTS } from '@open-chatgpt/events';
import { dataref, identifier, time } from '@open-chatgpt/orchestration';
import { z } from 'zod';
import { apiSchemas } from '../api/schemas';

const { modelId, name, kind, algorithm, lineage, metrics } = EVENTS['model.published'].data.shape;

/** A model to register, whose files are in the store. */
export const modelImport = z
  .strictObject({
    modelId: identifier.describe('chosen by the client; pipelines refer to it as store:<id>'),
    name: name.min(1).optional().describe('name for display; the id by default'),
    manifest: dataref.describe(
      "manifest of a Hugging Face folder, published at models/<modelId>/ of the platform's store",
    ),
  })
  .register(apiSchemas, { id: 'ModelImport' });

/** A published model. */
export const modelSchema = z
  .object({
    modelId,
    name,
    kind,
    algorithm,
    createdAt: time,
    manifest: dataref,
    lineage,
    metrics,
    deletedAt: time.optional().describe('the time of its deletion; the lineage keeps it'),
  })
  .register(apiSchemas, { id: 'Model' });

export type Model = z.output<typeof modelSchema>;
