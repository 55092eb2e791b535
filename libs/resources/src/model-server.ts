import { z } from 'zod';
import { type CustomResource, statusFields } from './object';
import { podFields } from './pods';

const source = z
  .string()
  .min(1)
  .max(2048)
  .regex(/^[^,\s]+$/);
const apiName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/)
  .max(128);

export const modelServerSpec = z.strictObject({
  model: source.describe(
    'latest:<pipeline>, store:<id>, builtin:<name>, s3://… of a manifest, or a folder in the pod',
  ),
  servedModelName: apiName.optional().describe("name in the API; the model's by default"),
  adapters: z
    .array(
      z.strictObject({
        name: apiName.describe('name in the API'),
        model: source.describe('where the adapter is, as `model`'),
      }),
    )
    .max(64)
    .optional()
    .describe('LoRA adapters on the model'),
  weights: z
    .enum(['float32', 'int8', 'int4'])
    .default('float32')
    .describe('int8 and int4 are smaller and faster, and less accurate'),
  replicas: z.int().min(0).max(1024).default(1).describe('number of pods'),
  service: z
    .strictObject({
      type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer']).default('ClusterIP'),
      port: z.int().min(1).max(65535).default(80),
    })
    .prefault({}),
  pods: z.strictObject(podFields).prefault({}),
  priorityClassName: z.string().max(253).optional().describe('PriorityClass of the pods'),
});

export const modelServerStatus = z.strictObject({
  ...statusFields,
  replicas: z.int().min(0).optional(),
  readyReplicas: z.int().min(0).optional(),
  selector: z.string().max(1024).optional(),
  url: z.string().max(512).optional().describe('base URL of the API inside the cluster'),
});

export type ModelServerSpec = z.output<typeof modelServerSpec>;
export type ModelServerStatus = z.output<typeof modelServerStatus>;
export type ModelServer = CustomResource<'ModelServer', ModelServerSpec, ModelServerStatus>;
