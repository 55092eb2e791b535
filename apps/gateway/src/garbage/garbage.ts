import { z } from 'zod';
import { apiSchemas } from '../api/schemas';

/** Shorter, and what is being published while we look might be taken for garbage. */
const SHORTEST_GRACE_SECONDS = 3600;

export const garbageRequest = z
  .strictObject({
    graceSeconds: z
      .int()
      .min(SHORTEST_GRACE_SECONDS)
      .default(86_400)
      .describe(
        'what is younger stays, and so do the files of what was hidden, for those who are reading them',
      ),
    dryRun: z.boolean().default(false).describe('only tell'),
  })
  .register(apiSchemas, { id: 'GarbageRequest' });

const folders = z.object({
  folders: z.int(),
  bytes: z.int(),
  keys: z.array(z.string()).describe('of their manifests'),
});

/** What a garbage collection did, or would do. */
export const garbageReport = z
  .object({
    dryRun: z.boolean(),
    graceSeconds: z.int(),
    kept: z
      .int()
      .describe('folders that something refers to, that are the newest of their kind, or are young'),
    hidden: folders.describe('nothing refers to them any more: removed once the grace has passed'),
    removed: folders.describe('were hidden, or half written, before the grace'),
    abandonedWork: z
      .object({ objects: z.int(), bytes: z.int() })
      .describe(
        'what services of PPO had exchanged for runs that ended before the grace, with their learner killed',
      ),
    partialWrites: z.int().describe('that writers which died had left'),
    checkpointsGone: z.int().describe('known here, found to be no longer there'),
  })
  .register(apiSchemas, { id: 'GarbageReport' });

export type GarbageSummary = z.output<typeof garbageReport>;
