import { z } from 'zod';

const objectName = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/)
  .max(253);

/** The value of a label. */
const labelValue = z
  .string()
  .regex(/^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/)
  .max(63);

const map = (value: z.ZodType<string>) => z.record(z.string(), value);

const quantity = z
  .string()
  .regex(/^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti|P|Pi|E|Ei)?$/)
  .max(32);

const toleration = z.strictObject({
  key: z.string().max(316).optional(),
  operator: z.enum(['Exists', 'Equal']).optional(),
  value: z.string().max(63).optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(),
  tolerationSeconds: z.int().optional(),
});

const envVar = z.strictObject({
  name: z
    .string()
    .regex(/^[-._a-zA-Z][-._a-zA-Z0-9]*$/)
    .max(256),
  value: z.string().max(32768).optional(),
  valueFrom: z
    .looseObject({})
    .optional()
    .describe('as in a container: secretKeyRef, configMapKeyRef, fieldRef'),
});

const labelKeys = /^([a-z0-9A-Z.-]+\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

/** The pods of one role of a run. Absent fields take the operator's defaults. */
export const podFields = {
  gpus: z
    .int()
    .min(0)
    .max(64)
    .optional()
    .describe('GPUs of each pod; 0 runs on the CPU, which is the default'),
  gpuResourceName: z
    .string()
    .regex(labelKeys)
    .max(253)
    .optional()
    .describe('resource that stands for a GPU: nvidia.com/gpu, nvidia.com/mig-1g.10gb, amd.com/gpu …'),
  resourceClaimTemplateName: objectName
    .optional()
    .describe('takes the devices from a ResourceClaimTemplate (DRA) instead of counting gpus'),
  resources: z
    .strictObject({ requests: map(quantity).optional(), limits: map(quantity).optional() })
    .optional()
    .describe('CPU and memory; by default what openchat plan computes from model, method and batch'),
  nodeSelector: map(labelValue).optional(),
  tolerations: z.array(toleration).max(32).optional(),
  affinity: z.looseObject({}).optional().describe('as in a pod'),
  topologySpreadConstraints: z.array(z.looseObject({})).max(8).optional().describe('as in a pod'),
  runtimeClassName: objectName.optional(),
  schedulerName: z.string().max(253).optional(),
  sharedMemory: quantity.optional().describe('size of the memory-backed /dev/shm'),
  cacheClaimName: objectName
    .optional()
    .describe('PersistentVolumeClaim for models and datasets that are fetched; it survives restarts'),
  env: z.array(envVar).max(64).optional().describe('more variables of the container'),
  labels: map(labelValue).optional(),
  annotations: map(z.string().max(4096)).optional(),
  terminationGracePeriodSeconds: z
    .int()
    .min(1)
    .max(3600)
    .optional()
    .describe('time in which a stopped pod stores its checkpoint'),
};

export const podSettings = z.strictObject(podFields);
export type PodSettings = z.output<typeof podSettings>;

export const trainerSettings = z.strictObject({
  ...podFields,
  ranks: z
    .int()
    .min(1)
    .max(1024)
    .default(1)
    .describe('pods that train together, one process each; more than 1 makes an Indexed Job, or a JobSet'),
});

export const scaledSettings = z.strictObject({
  ...podFields,
  replicas: z.int().min(0).max(1024).default(1).describe('number of pods'),
});
export type ScaledSettings = z.output<typeof scaledSettings>;

/** The pods of a run by their roles. */
export const roleFields = {
  trainer: trainerSettings.prefault({}).describe('the process that trains; of PPO the learner of the policy'),
  rollouts: scaledSettings.prefault({}).describe('PPO: workers that sample responses'),
  critics: scaledSettings
    .prefault({})
    .describe('PPO: workers that score responses, and train the value model'),
};

/** When and where a run may execute. */
export const schedulingFields = {
  suspend: z.boolean().default(false).describe('true: no pods; a running one stores a checkpoint first'),
  queueName: objectName.max(63).optional().describe('queue of Kueue; its quota decides when the pods start'),
  priorityClassName: objectName.optional().describe('PriorityClass of the pods'),
  managedBy: z
    .string()
    .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?\/[A-Za-z0-9/._~-]+$/)
    .max(63)
    .optional()
    .describe('controller of the Jobs: kueue.x-k8s.io/multikueue dispatches them to another cluster'),
  backoffLimit: z
    .int()
    .min(0)
    .max(1000)
    .default(3)
    .describe('failures after which a run is given up; evictions, preemption and lost nodes are not counted'),
  activeDeadlineSeconds: z
    .int()
    .min(1)
    .optional()
    .describe('a run that is active for longer fails with DeadlineExceeded'),
  ttlSecondsAfterFinished: z
    .int()
    .min(0)
    .optional()
    .describe('deletes the resource this long after its end; results stay in the store'),
};
