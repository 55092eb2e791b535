import type { PodSettings } from '@open-chatgpt/resources';
import type { WorkloadReference } from '../gang/gang-workloads';
import type { PodDefaults } from '../operator-config';
import { ConfigurationError } from './owned';

/** A container of the product, with what its role needs beside the settings of the user. */
export interface PodPurpose {
  /** Name of the container. */
  container: string;
  service: string;
  args?: string[];
  env?: { name: string; value?: string; valueFrom?: object }[];
  labels: Record<string, string>;
  /** Requests without GPUs; the user's `resources` replace them. */
  requests: Record<string, string>;
  priorityClassName?: string;
  restartPolicy?: 'Never';
  /** Headless Service by which the pod has a name in DNS. */
  subdomain?: string;
  /** The scheduler binds the pod together with the others of its group. */
  workloadRef?: WorkloadReference;
  readiness?: boolean;
  /** Seconds between the decision to end the pod and SIGTERM, in which no new requests come any more. */
  drainSeconds?: number;
  /** ConfigMap that is mounted, and where. */
  mounted?: { configMap: string; path: string };
}

/** The port of health and metrics in every pod. */
const PORT = 3000;

/** The folder of an image that its process may write to. */
const WORK_FOLDER = '/work';

/** Time in which a stopped pod stores its checkpoint, unless the user says otherwise. */
const GRACE_SECONDS = 120;

/** What a trainer leaves of it to end. */
const STOP_MARGIN_SECONDS = 5;

/** How long a pod stays bound to a node that is not ready. */
const NODE_LOSS_SECONDS = 30;

/**
 * The template of a pod: restricted security (no root, read-only root file system), no service-account token, memory-backed
 * /dev/shm, a work folder, and a cache that survives the pod where a claim is named.
 * @throws ConfigurationError when no image of the service is configured
 */
export function podTemplate(purpose: PodPurpose, settings: PodSettings, defaults: PodDefaults): object {
  const image = defaults.images[purpose.service];
  if (!image)
    throw new ConfigurationError(
      `no image of ${purpose.service} is configured; name it in the operator's configuration: images.${purpose.service}`,
    );
  const gpuResource = settings.gpuResourceName ?? defaults.gpuResourceName;
  const cacheClaim = settings.cacheClaimName ?? defaults.cacheClaimName;
  const { mounted } = purpose;
  const graceSeconds = settings.terminationGracePeriodSeconds ?? GRACE_SECONDS;
  return {
    metadata: {
      labels: { ...settings.labels, ...purpose.labels },
      ...(settings.annotations && { annotations: settings.annotations }),
    },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      ...(purpose.restartPolicy && { restartPolicy: purpose.restartPolicy }),
      ...(purpose.subdomain && { subdomain: purpose.subdomain }),
      ...(purpose.workloadRef && { workloadRef: purpose.workloadRef }),
      ...(defaults.podServiceAccountName && { serviceAccountName: defaults.podServiceAccountName }),
      ...(defaults.imagePullSecrets.length > 0 && { imagePullSecrets: defaults.imagePullSecrets }),
      ...(purpose.priorityClassName && { priorityClassName: purpose.priorityClassName }),
      ...(settings.runtimeClassName && { runtimeClassName: settings.runtimeClassName }),
      ...(settings.schedulerName && { schedulerName: settings.schedulerName }),
      terminationGracePeriodSeconds: graceSeconds,
      nodeSelector: { ...defaults.nodeSelector, ...settings.nodeSelector },
      tolerations: [
        ...['not-ready', 'unreachable'].map((state) => ({
          key: `node.kubernetes.io/${state}`,
          operator: 'Exists',
          effect: 'NoExecute',
          tolerationSeconds: NODE_LOSS_SECONDS,
        })),
        ...defaults.tolerations,
        ...(settings.tolerations ?? []),
      ],
      ...(settings.affinity && { affinity: settings.affinity }),
      ...(settings.topologySpreadConstraints && {
        topologySpreadConstraints: settings.topologySpreadConstraints,
      }),
      ...(settings.resourceClaimTemplateName && {
        resourceClaims: [{ name: 'devices', resourceClaimTemplateName: settings.resourceClaimTemplateName }],
      }),
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 1000,
        runAsGroup: 1000,
        fsGroup: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: purpose.container,
          image,
          ...(defaults.imagePullPolicy && { imagePullPolicy: defaults.imagePullPolicy }),
          ...(purpose.args && { args: purpose.args }),
          env: lastOfEachName([
            { name: 'OPEN_CHATGPT_HOST', value: '0.0.0.0' },
            { name: 'OPEN_CHATGPT_PORT', value: String(PORT) },
            { name: 'OPEN_CHATGPT_WORK_DIR', value: WORK_FOLDER },
            // A trainer that cannot store its last checkpoint says so before it is killed.
            {
              name: 'OPEN_CHATGPT_STOP_SECONDS',
              value: String(Math.max(1, graceSeconds - STOP_MARGIN_SECONDS)),
            },
            ...defaults.env,
            ...(purpose.env ?? []),
            ...(settings.env ?? []),
          ]),
          ...(defaults.envFrom.length > 0 && { envFrom: defaults.envFrom }),
          ports: [{ name: 'http', containerPort: PORT }],
          resources: resourcesOf(purpose, settings, gpuResource),
          ...(purpose.readiness && {
            readinessProbe: {
              httpGet: { path: '/health/ready', port: 'http' },
              periodSeconds: 2,
              failureThreshold: 3,
            },
          }),
          ...(purpose.drainSeconds && {
            lifecycle: { preStop: { sleep: { seconds: purpose.drainSeconds } } },
          }),
          terminationMessagePolicy: purpose.restartPolicy ? 'File' : 'FallbackToLogsOnError',
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          volumeMounts: [
            { name: 'tmp', mountPath: '/tmp' },
            { name: 'work', mountPath: WORK_FOLDER },
            { name: 'shm', mountPath: '/dev/shm' },
            ...(cacheClaim ? [{ name: 'cache', mountPath: `${WORK_FOLDER}/cache` }] : []),
            ...(mounted ? [{ name: 'request', mountPath: mounted.path, readOnly: true }] : []),
          ],
        },
      ],
      volumes: [
        { name: 'tmp', emptyDir: {} },
        { name: 'work', emptyDir: {} },
        {
          name: 'shm',
          emptyDir: { medium: 'Memory', sizeLimit: settings.sharedMemory ?? defaults.sharedMemory },
        },
        ...(cacheClaim ? [{ name: 'cache', persistentVolumeClaim: { claimName: cacheClaim } }] : []),
        ...(mounted ? [{ name: 'request', configMap: { name: mounted.configMap } }] : []),
      ],
    },
  };
}

/** Variables whose name comes again later are left out: server-side apply refuses two of one name. */
function lastOfEachName(variables: readonly { name?: unknown }[]): { name?: unknown }[] {
  return [...new Map(variables.map((variable) => [variable.name, variable])).values()];
}

function resourcesOf({ requests }: PodPurpose, settings: PodSettings, gpuResource: string): object {
  const { gpus = 0, resources, resourceClaimTemplateName } = settings;
  const devices: Record<string, string> =
    gpus > 0 && !resourceClaimTemplateName ? { [gpuResource]: String(gpus) } : {};
  return {
    requests: { ...requests, ...resources?.requests, ...devices },
    limits: { ...resources?.limits, ...devices },
    ...(resourceClaimTemplateName && { claims: [{ name: 'devices' }] }),
  };
}
