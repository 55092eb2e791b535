import { z } from 'zod';
import { apiSchemas } from '../api/schemas';

/** With a shorter grace a folder that is being published during the collection would look like garbage. */
const SHORTEST_GRACE_SECONDS = 3600;

export const garbageCollectionRequest = z
  .strictObject({
    graceSeconds: z
      .int()
      .min(SHORTEST_GRACE_SECONDS)
      .default(86_400)
      .describe(
        'younger folders stay, and so do the files of hidden folders, for services that still read them',
      ),
    dryRun: z.boolean().default(false).describe('only report what would be removed'),
  })
  .register(apiSchemas, { id: 'GarbageCollectionRequest' });

const folders = z.object({
  folders: z.int(),
  bytes: z.int(),
  keys: z.array(z.string()).describe('keys of their manifests'),
});

/** What a garbage collection did, or would do. */
export const garbageCollectionReport = z
  .object({
    dryRun: z.boolean(),
    graceSeconds: z.int(),
    kept: z.int().describe('folders that are referenced, the newest of their kind, or young'),
    hidden: folders.describe('folders that nothing refers to; they are removed after the grace'),
    removed: folders.describe('folders that were hidden, or left incomplete, before the grace'),
    abandonedWork: z
      .object({ objects: z.int(), bytes: z.int() })
      .describe('weights and experience exchanged for runs that ended before the grace'),
    partialWrites: z.int().describe('unfinished writes of processes that died'),
    damaged: z
      .array(z.string())
      .describe('damaged documents; folders that they may refer to stay until they are repaired'),
    checkpointsGone: z.int().describe('checkpoints that the gateway knows and the store no longer has'),
  })
  .register(apiSchemas, { id: 'GarbageCollectionReport' });

export type GarbageCollectionReport = z.output<typeof garbageCollectionReport>;
