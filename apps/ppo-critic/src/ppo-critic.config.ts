import { runIdField } from '@open-chatgpt/ppo-exchange';
import { serviceConfigSchema } from '@open-chatgpt/service';
import { z } from 'zod';

/** What a process of this app does: score rollouts, train value models, or both. */
export const criticRoles = ['all', 'scoring', 'learner'] as const;
export type CriticRole = (typeof criticRoles)[number];

export const ppoCriticConfigSchema = serviceConfigSchema.extend({
  runId: runIdField,
  role: z
    .enum(criticRoles)
    .default('all')
    .describe(
      'scoring: as many processes as it takes; learner: the value model of a run is trained by one of them',
    ),
});
