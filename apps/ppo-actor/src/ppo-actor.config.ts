import { serviceConfigSchema } from '@open-chatgpt/service';
import { z } from 'zod';

/** What a process of this app does: answer prompts, train policies, or both. */
export const actorRoles = ['all', 'rollout', 'learner'] as const;
export type ActorRole = (typeof actorRoles)[number];

export const ppoActorConfigSchema = serviceConfigSchema.extend({
  role: z
    .enum(actorRoles)
    .default('all')
    .describe(
      'rollout: as many processes as it takes; learner: the policy of a run is trained by one of them',
    ),
  askAgainSeconds: z.coerce
    .number()
    .positive()
    .default(300)
    .describe('work is asked for again when nothing was answered for so long, then twice as long, and so on'),
});

export type PpoActorConfig = z.output<typeof ppoActorConfigSchema>;
