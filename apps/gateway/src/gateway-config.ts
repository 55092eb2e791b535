import { serviceConfigSchema } from '@open-chatgpt/service';
import { z } from 'zod';

/** `documents`, or `kubernetes` with the namespace if it is not that of the pod. */
const RESOURCES = /^(documents|kubernetes(:[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)?)$/;

const resources = z
  .string()
  .regex(RESOURCES, { error: 'expected documents, kubernetes, or kubernetes:<namespace>' })
  .default('documents')
  .describe('where it says what is wanted: documents in the store, or custom resources of a cluster');

/** What a submitted pipeline may ask for. */
export const submissionFields = {
  pipelineFolders: z
    .union([
      z.array(z.string().min(1)),
      z.string().transform((text) =>
        text
          .split(',')
          .map((one) => one.trim())
          .filter((one) => one !== ''),
      ),
    ])
    .default([])
    .describe(
      'folders of the machines that train whose files a submitted pipeline may name, comma-separated; none by default',
    ),
  runMemoryGib: z.coerce
    .number()
    .gt(0)
    .max(1_048_576)
    .optional()
    .describe(
      'a pipeline that needs more memory in one process is refused; by default the memory of this machine if trainers share it, else 4096',
    ),
};

export const gatewayConfigSchema = serviceConfigSchema.extend({ resources, ...submissionFields });

/** A gateway in a process with other services has only some of its fields. */
export type GatewayConfig = Partial<
  Pick<z.output<typeof gatewayConfigSchema>, 'resources' | keyof typeof submissionFields>
>;
