import { EVENTS } from '@open-chatgpt/events';
import { z } from 'zod';
import { apiSchemas, dataref, identifier, time } from '../api/schemas';

const { modelId, name, kind, algorithm, lineage, metrics } = EVENTS['model.published'].data.shape;

/** A model that was stored from outside, to become known. */
export const modelImport = z
  .strictObject({
    modelId: identifier.describe('chosen by you; a pipeline then names it store:<id>'),
    name: name.min(1).optional().describe('for people; the id by default'),
    manifest: dataref.describe(
      "of a Hugging Face folder, published at models/<modelId>/ of the platform's store",
    ),
  })
  .register(apiSchemas, { id: 'ModelImport' });

/** A model that can be loaded. */
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
    deletedAt: time.optional().describe('its files are gone; it is known for the lineage'),
  })
  .register(apiSchemas, { id: 'Model' });

export type Model = z.output<typeof modelSchema>;
