import { type KubeObject, type ResourceType, resourceType } from '@open-chatgpt/kube';
import {
  API_VERSION,
  type Dataset,
  type Model,
  type ModelServer,
  type RlhfPipeline,
  type TrainingRun,
} from '@open-chatgpt/resources';

/** The kinds that the operator reads and writes. Of the built-in ones only the fields that it uses have types. */
export const kinds = {
  pipelines: resourceType<RlhfPipeline>(API_VERSION, 'RlhfPipeline', 'rlhfpipelines'),
  runs: resourceType<TrainingRun>(API_VERSION, 'TrainingRun', 'trainingruns'),
  datasets: resourceType<Dataset>(API_VERSION, 'Dataset', 'datasets'),
  models: resourceType<Model>(API_VERSION, 'Model', 'models'),
  servers: resourceType<ModelServer>(API_VERSION, 'ModelServer', 'modelservers'),
  jobs: resourceType<Job>('batch/v1', 'Job', 'jobs'),
  /** Only where JobSet is installed. */
  jobSets: resourceType<JobSet>('jobset.x-k8s.io/v1alpha2', 'JobSet', 'jobsets'),
  /** Not those of Kueue. Only in Kubernetes 1.35, behind feature gates. */
  workloads: resourceType<Workload>('scheduling.k8s.io/v1alpha1', 'Workload', 'workloads'),
  pods: resourceType<Pod>('v1', 'Pod', 'pods'),
  nodes: resourceType<Node>('v1', 'Node', 'nodes', 'Cluster'),
  deployments: resourceType<Deployment>('apps/v1', 'Deployment', 'deployments'),
  services: resourceType<KubeObject & { spec?: object }>('v1', 'Service', 'services'),
  events: resourceType<Event>('v1', 'Event', 'events'),
  disruptionBudgets: resourceType<KubeObject & { spec?: object }>(
    'policy/v1',
    'PodDisruptionBudget',
    'poddisruptionbudgets',
  ),
  configMaps: resourceType<ConfigMap>('v1', 'ConfigMap', 'configmaps'),
} satisfies Record<string, ResourceType<never> | ResourceType>;

interface ObjectCondition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

export interface Job extends KubeObject {
  spec?: { suspend?: boolean; completions?: number; template?: unknown };
  status?: {
    active?: number;
    ready?: number;
    succeeded?: number;
    failed?: number;
    startTime?: string;
    completionTime?: string;
    conditions?: ObjectCondition[];
  };
}

export interface JobSet extends KubeObject {
  spec?: { suspend?: boolean; [field: string]: unknown };
  status?: { conditions?: ObjectCondition[] };
}

export interface Workload extends KubeObject {
  spec: { podGroups: { name: string; policy: { gang?: { minCount: number } } }[] };
}

export interface ContainerTermination {
  exitCode: number;
  reason?: string;
  message?: string;
  startedAt?: string;
  finishedAt?: string;
}

export interface Pod extends KubeObject {
  /** Not of the API: the pod has been removed, and this is what was seen of it last. */
  departed?: true;
  spec?: {
    nodeName?: string;
    schedulingGates?: { name: string }[];
    containers?: { resources?: { requests?: Record<string, string>; limits?: Record<string, string> } }[];
    terminationGracePeriodSeconds?: number;
  };
  status?: {
    phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
    reason?: string;
    message?: string;
    startTime?: string;
    conditions?: ObjectCondition[];
    containerStatuses?: {
      name: string;
      ready?: boolean;
      state?: { waiting?: { reason?: string; message?: string }; terminated?: ContainerTermination };
      lastState?: { terminated?: ContainerTermination };
    }[];
  };
}

export interface Node extends KubeObject {
  spec?: { unschedulable?: boolean; taints?: { key: string; value?: string; effect: string }[] };
  status?: { allocatable?: Record<string, string>; conditions?: ObjectCondition[] };
}

export interface Deployment extends KubeObject {
  spec?: { replicas?: number; selector?: unknown; template?: unknown };
  status?: {
    replicas?: number;
    readyReplicas?: number;
    updatedReplicas?: number;
    availableReplicas?: number;
    observedGeneration?: number;
    conditions?: ObjectCondition[];
  };
}

export interface Event extends KubeObject {
  reason?: string;
  message?: string;
  lastTimestamp?: string;
  eventTime?: string;
}

export interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
  immutable?: boolean;
}

export const hasCondition = (
  object: { status?: { conditions?: ObjectCondition[] } } | undefined,
  type: string,
): ObjectCondition | undefined =>
  object?.status?.conditions?.find((one) => one.type === type && one.status === 'True');

export const isEnded = (job: Job): boolean =>
  !!hasCondition(job, 'Complete') || !!hasCondition(job, 'Failed');
