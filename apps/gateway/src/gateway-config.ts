import { serviceConfigSchema } from '@open-chatgpt/service';
import { z } from 'zod';

/** `documents`, or `kubernetes` with the namespace if it is not that of the pod. */
const RESOURCES = /^(documents|kubernetes(:[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)?)$/;

const resources = z
  .string()
  .regex(RESOURCES, { error: 'expected documents, kubernetes, or kubernetes:<namespace>' })
  .default('documents')
  .describe('where it says what is wanted: documents in the store, or custom resources of a cluster');

export const gatewayConfigSchema = serviceConfigSchema.extend({ resources });

/** A gateway in a process with other services has only the fields that all of them have. */
export type GatewayConfig = Partial<Pick<z.output<typeof gatewayConfigSchema>, 'resources'>>;
