import { type Applied, type KubeObject, ownerReference } from '@open-chatgpt/kube';
import { labels, type ModelServer } from '@open-chatgpt/resources';
import { FIELD_MANAGER } from '../kubernetes/names';
import { podTemplate } from '../kubernetes/pod-template';
import type { Deployment } from '../kubernetes/types';
import type { PodDefaults } from '../operator-config';

/** A large model takes minutes from the store to memory. */
const PROGRESS_DEADLINE_SECONDS = 1800;

/** Time in which the addresses of a pod that ends leave the Service everywhere; meanwhile it still answers. */
const DRAIN_SECONDS = 5;

type Owned = Applied<KubeObject & { spec?: object }>;

/**
 * The pods of a server. A change of the model starts a new pod first, and ends an old one when the new one has loaded its
 * model, so that requests are answered all the time.
 * @param sources of the model and its adapters, as apps/inference reads them
 */
export function serverDeployment(
  server: ModelServer,
  sources: { model: string; adapters: readonly string[] },
  requests: Record<string, string>,
  defaults: PodDefaults,
): Applied<Deployment> {
  const { spec } = server;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadataOf(server),
    spec: {
      replicas: spec.replicas,
      selector: { matchLabels: serverSelector(server) },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      progressDeadlineSeconds: PROGRESS_DEADLINE_SECONDS,
      revisionHistoryLimit: 3,
      template: podTemplate(
        {
          container: 'inference',
          service: 'inference',
          env: [
            { name: 'OPEN_CHATGPT_INFERENCE_MODELS', value: sources.model },
            ...(sources.adapters.length > 0
              ? [{ name: 'OPEN_CHATGPT_INFERENCE_ADAPTERS', value: sources.adapters.join(',') }]
              : []),
            { name: 'OPEN_CHATGPT_INFERENCE_WEIGHTS', value: spec.weights },
          ],
          labels: serverLabels(server),
          requests,
          priorityClassName: spec.priorityClassName,
          readiness: true,
          drainSeconds: DRAIN_SECONDS,
        },
        spec.pods,
        defaults,
      ),
    } as Applied<Deployment>['spec'],
  };
}

export function serverService(server: ModelServer): Owned {
  const { type, port } = server.spec.service;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadataOf(server),
    spec: {
      type,
      selector: serverSelector(server),
      ports: [{ name: 'http', port, targetPort: 'http' }],
    },
  };
}

/** Node drains take one pod after the other; a single pod has no budget, which no drain could respect. */
export function serverBudget(server: ModelServer): Owned | null {
  if (server.spec.replicas <= 1) return null;
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadataOf(server),
    spec: {
      maxUnavailable: 1,
      selector: { matchLabels: serverSelector(server) },
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  };
}

export const serverSelector = ({ metadata }: ModelServer): Record<string, string> => ({
  [labels.server]: metadata.name,
});

/** The base URL of the API inside the cluster. */
export function serverUrl({ metadata, spec }: ModelServer): string {
  const { port } = spec.service;
  return `http://${metadata.name}.${metadata.namespace}.svc${port === 80 ? '' : `:${port}`}`;
}

const metadataOf = (server: ModelServer) => ({
  name: server.metadata.name,
  namespace: server.metadata.namespace,
  labels: serverLabels(server),
  ownerReferences: [ownerReference(server)],
});

const serverLabels = (server: ModelServer): Record<string, string> => ({
  'app.kubernetes.io/name': 'open-chatgpt',
  'app.kubernetes.io/managed-by': FIELD_MANAGER,
  'app.kubernetes.io/component': 'inference',
  ...serverSelector(server),
});
