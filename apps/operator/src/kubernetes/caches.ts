import {
  byLabel,
  byOwnerUid,
  type Change,
  Informer,
  type InformerMetrics,
  type KubeClient,
  type KubeLogger,
  type KubeObject,
  type ResourceType,
  type Source,
  watches,
} from '@open-chatgpt/kube';
import {
  type Dataset,
  labels,
  type Model,
  type ModelServer,
  type RlhfPipeline,
  type TrainingRun,
} from '@open-chatgpt/resources';
import { FIELD_MANAGER, runIdOf } from './names';
import { type Deployment, type Job, kinds, type Node, type Pod } from './types';

export interface CacheOptions {
  client: KubeClient;
  /** Namespaces that the operator serves; empty: all. */
  namespaces: readonly string[];
  /** Whether it may read nodes, which have no namespace; by default where it serves all namespaces. */
  nodes?: boolean;
  logger: KubeLogger;
  metrics?: InformerMetrics;
}

/** The objects of one kind in the namespaces that the operator serves. */
export class ObjectCache<T extends KubeObject> {
  private readonly informers: Informer<T>[];

  constructor(
    type: ResourceType<T>,
    { client, namespaces, logger, metrics }: CacheOptions,
    more: {
      project?: (object: T) => T;
      labelSelector?: string;
      indexes?: Record<string, (object: T) => string[]>;
    } = {},
  ) {
    const scopes = namespaces.length > 0 && type.scope === 'Namespaced' ? namespaces : [undefined];
    this.informers = scopes.map(
      (namespace) => new Informer<T>({ client, type, namespace, logger, metrics, ...more }),
    );
  }

  start(): void {
    for (const informer of this.informers) informer.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.informers.map((informer) => informer.stop()));
  }

  get(key: string): T | undefined {
    for (const informer of this.informers) {
      const found = informer.get(key);
      if (found) return found;
    }
    return undefined;
  }

  list(): T[] {
    return this.informers.flatMap((informer) => informer.list());
  }

  byIndex(index: string, value: string): T[] {
    return this.informers.flatMap((informer) => informer.byIndex(index, value));
  }

  onChange(handler: (change: Change<T>) => void): void {
    for (const informer of this.informers) informer.onChange(handler);
  }

  /** For a controller: the keys of changed objects, or those that `keys` says. */
  sources(keys?: (change: Change<T>) => string[]): Source[] {
    return this.informers.map((informer) => watches(informer, keys));
  }
}

/** Whether a pipeline waits for a Dataset or a Model. */
const isWaiting = (conditions: readonly { reason: string }[] = []): boolean =>
  conditions.some(({ reason }) => reason.startsWith('WaitingFor'));

/** Reduces a pod to what the operator reads: a cluster may have tens of thousands. */
function reducedPod({ apiVersion, kind, metadata, spec, status }: Pod): Pod {
  const {
    name,
    namespace,
    uid,
    resourceVersion,
    labels: own,
    creationTimestamp,
    deletionTimestamp,
  } = metadata;
  const isOurs = own?.['app.kubernetes.io/managed-by'] === FIELD_MANAGER;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      namespace,
      uid,
      resourceVersion,
      creationTimestamp,
      deletionTimestamp,
      ...(isOurs && { labels: own, ownerReferences: metadata.ownerReferences }),
    },
    spec: {
      nodeName: spec?.nodeName,
      terminationGracePeriodSeconds: spec?.terminationGracePeriodSeconds,
      containers: spec?.containers?.map(({ resources }) => ({
        resources: { requests: devicesOf(resources?.requests), limits: devicesOf(resources?.limits) },
      })),
    },
    status: isOurs ? status : { phase: status?.phase },
  };
}

/** The extended resources of a container, such as nvidia.com/gpu: the others are the scheduler's business. */
const devicesOf = (resources: Record<string, string> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(resources).filter(([name]) => name.includes('/')));

const reducedNode = ({ apiVersion, kind, metadata, spec, status }: Node): Node => ({
  apiVersion,
  kind,
  metadata: {
    name: metadata.name,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    labels: metadata.labels,
  },
  spec: { unschedulable: spec?.unschedulable, taints: spec?.taints },
  status: {
    allocatable: devicesOf(status?.allocatable),
    conditions: status?.conditions
      ?.filter(({ type }) => type === 'Ready')
      .map(({ type, status: value }) => ({ type, status: value })),
  },
});

/** A Job without the template of its pods, which the operator only writes. */
const reducedJob = ({ spec, ...job }: Job): Job => ({
  ...job,
  spec: { suspend: spec?.suspend, completions: spec?.completions },
});

const reducedDeployment = ({ spec, ...deployment }: Deployment): Deployment => ({
  ...deployment,
  spec: { replicas: spec?.replicas, selector: spec?.selector },
});

/** Everything that the operator watches. Reconcilers read from here and write through the client. */
export class Caches {
  readonly pipelines: ObjectCache<RlhfPipeline>;
  readonly runs: ObjectCache<TrainingRun>;
  readonly datasets: ObjectCache<Dataset>;
  readonly models: ObjectCache<Model>;
  readonly servers: ObjectCache<ModelServer>;
  readonly jobs: ObjectCache<Job>;
  readonly pods: ObjectCache<Pod>;
  readonly deployments: ObjectCache<Deployment>;
  /** Only where the operator may read them. */
  readonly nodes?: ObjectCache<Node>;
  private readonly all: ObjectCache<never>[];

  constructor(options: CacheOptions) {
    const managed = `app.kubernetes.io/managed-by=${FIELD_MANAGER}`;
    const indexes = { owner: byOwnerUid };
    this.pipelines = new ObjectCache(kinds.pipelines, options, {
      indexes: { waiting: ({ status }) => (isWaiting(status?.conditions) ? ['true'] : []) },
    });
    this.runs = new ObjectCache(kinds.runs, options, {
      indexes: { owner: byOwnerUid, runId: (run) => [runIdOf(run)] },
    });
    const byId = (id: string | undefined, { name, namespace }: { name: string; namespace: string }) => [
      `${namespace}/${id ?? name}`,
    ];
    this.datasets = new ObjectCache(kinds.datasets, options, {
      indexes: {
        id: ({ spec, metadata }) => byId(spec.datasetId, metadata),
        /** Whatever the namespace: ids are those of the store. */
        datasetId: ({ spec, metadata }) => [spec.datasetId ?? metadata.name],
      },
    });
    this.models = new ObjectCache(kinds.models, options, {
      indexes: { id: ({ spec, metadata }) => byId(spec.modelId, metadata) },
    });
    this.servers = new ObjectCache(kinds.servers, options);
    const byRunUid = byLabel(labels.runUid);
    this.jobs = new ObjectCache(kinds.jobs, options, {
      labelSelector: managed,
      project: reducedJob,
      indexes: { owner: (job) => [...byOwnerUid(job), ...byRunUid(job)] },
    });
    this.pods = new ObjectCache(kinds.pods, options, {
      project: reducedPod,
      indexes: {
        owner: byOwnerUid,
        runId: byLabel(labels.runId),
        server: byLabel(labels.server),
        model: byLabel(labels.model),
      },
    });
    this.deployments = new ObjectCache(kinds.deployments, options, {
      labelSelector: managed,
      project: reducedDeployment,
      indexes,
    });
    if (options.nodes ?? options.namespaces.length === 0)
      this.nodes = new ObjectCache(kinds.nodes, options, { project: reducedNode });
    this.all = Object.values(this).filter((one): one is ObjectCache<never> => one instanceof ObjectCache);
  }

  start(): void {
    for (const cache of this.all) cache.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.all.map((cache) => cache.stop()));
  }
}
