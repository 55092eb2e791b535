import { readFileSync } from 'node:fs';
import { serviceConfigSchema } from '@open-chatgpt/service';
import { parseYaml } from '@open-chatgpt/untrusted';
import { z } from 'zod';

export const operatorServiceSchema = serviceConfigSchema.extend({
  operatorConfig: z
    .string()
    .min(1)
    .default('/etc/open-chatgpt/operator/operator.yaml')
    .describe('file with the images and the defaults of the pods that the operator makes'),
  leaseNamespace: z
    .string()
    .min(1)
    .optional()
    .describe('namespace of the Lease of the leader; that of the operator by default'),
  leaseSeconds: z.coerce
    .number()
    .min(1)
    .default(15)
    .describe('another operator takes over after the leader has not renewed its Lease for so long'),
  metricsPort: z.coerce
    .number()
    .int()
    .min(0)
    .max(65535)
    .optional()
    .describe(
      'serves the metrics here by HTTPS, to those whom RBAC lets get /metrics, and not on the other port; 0 selects a free port',
    ),
  metricsCert: z
    .string()
    .min(1)
    .optional()
    .describe('file with the certificate of the metrics; the process signs one itself by default'),
  metricsKey: z.string().min(1).optional().describe('file with the key of the certificate'),
});

export type OperatorServiceConfig = z.output<typeof operatorServiceSchema>;

const loose = z.record(z.string(), z.unknown());

/** What the chart says about the pods of runs and servers. */
const podDefaultsSchema = z.strictObject({
  images: z.record(z.string(), z.string().min(1)).describe('image of each service'),
  imagePullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).optional(),
  imagePullSecrets: z.array(z.strictObject({ name: z.string() })).default([]),
  env: z.array(loose).default([]).describe('variables of every pod: bus, store, credentials by reference'),
  envFrom: z.array(loose).default([]),
  podServiceAccountName: z.string().optional(),
  gpuResourceName: z.string().default('nvidia.com/gpu'),
  sharedMemory: z.string().default('1Gi'),
  cacheClaimName: z.string().optional().describe('PersistentVolumeClaim for fetched models and datasets'),
  nodeSelector: z.record(z.string(), z.string()).default({}),
  tolerations: z.array(loose).default([]),
  namespaces: z
    .array(z.string().min(1))
    .default([])
    .describe('namespaces that the operator serves; empty: all'),
  nodes: z
    .boolean()
    .optional()
    .describe('whether the operator may read nodes; by default where it serves all namespaces'),
  gangTimeoutSeconds: z
    .int()
    .min(1)
    .default(300)
    .describe('pods of a run that are not all on nodes after so long give their devices back'),
});

export type PodDefaults = z.output<typeof podDefaultsSchema>;

/** @throws Error that names the file and the field */
export function loadPodDefaults(file: string): PodDefaults {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`OPEN_CHATGPT_OPERATOR_CONFIG names ${file}: ${(error as Error).message}`);
  }
  const result = podDefaultsSchema.safeParse(parseYaml(text, file));
  if (result.success) return result.data;
  throw new Error(`${file}: ${z.prettifyError(result.error)}`);
}
