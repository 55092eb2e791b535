import { runIdField } from '@open-chatgpt/ppo-exchange';
import { serviceConfigSchema } from '@open-chatgpt/service';
import { z } from 'zod';

/** What a process of this app does: answer prompts, train policies, or both. */
export const actorRoles = ['all', 'rollout', 'learner'] as const;
export type ActorRole = (typeof actorRoles)[number];

export const ppoActorConfigSchema = serviceConfigSchema.extend({
  runId: runIdField,
  role: z
    .enum(actorRoles)
    .default('all')
    .describe(
      'rollout: samples for any run, in any number of processes; learner: one process trains the policy of a run',
    ),
  itemsPerIteration: z.coerce
    .number()
    .int()
    .min(1)
    .default(48)
    .describe(
      'most work items that an iteration is divided into; an item has one rollout batch or several, so that several workers share an iteration',
    ),
  resendSeconds: z.coerce
    .number()
    .positive()
    .default(300)
    .describe('seconds without an answer after which requests are sent again; the wait doubles each time'),
});

export type PpoActorConfig = z.output<typeof ppoActorConfigSchema>;
