import { z } from 'zod';

/** The fields that a process has which executes one run, beside those of its service. */
export const oneRunFields = {
  patienceSeconds: z.coerce
    .number()
    .min(1)
    .default(600)
    .describe('seconds for which a run waits for a store or a bus that does not respond'),
  stopSeconds: z.coerce
    .number()
    .min(1)
    .default(25)
    .describe('seconds within which a run ends after SIGTERM; less than the grace period of its pod'),
};

export type OneRunConfig = z.output<z.ZodObject<typeof oneRunFields>>;
