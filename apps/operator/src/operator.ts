import type { AnyEvent } from '@open-chatgpt/events';
import type { InformerMetrics } from '@open-chatgpt/kube';
import {
  type Change,
  Controller,
  EventRecorder,
  type KubeClient,
  type KubeLogger,
  type KubeObject,
  LeaderElection,
  ownedBy,
  type QueueMetrics,
} from '@open-chatgpt/kube';
import type { Bus } from '@open-chatgpt/messaging';
import { type RunEvent, runEventTypes } from '@open-chatgpt/orchestration';
import { API_VERSION, labels } from '@open-chatgpt/resources';
import { DatasetReconciler } from './datasets/dataset.reconciler';
import type { DatasetOutcome } from './datasets/dataset-state';
import { EventFeed } from './events/event-feed';
import { Caches } from './kubernetes/caches';
import { kinds } from './kubernetes/types';
import { ModelReconciler } from './models/model.reconciler';
import type { PodDefaults } from './operator-config';
import { PipelineReconciler } from './pipelines/pipeline.reconciler';
import { RunReconciler } from './runs/run.reconciler';
import { RunProgress } from './runs/run-progress';
import { ServerReconciler } from './servers/server.reconciler';

export interface OperatorOptions {
  client: KubeClient;
  defaults: PodDefaults;
  /** Namespace of the Lease. */
  leaseNamespace: string;
  leaseSeconds?: number;
  /** A new connection to the bus. */
  openBus: () => Bus;
  logger: KubeLogger;
  queueMetrics?: QueueMetrics;
  informerMetrics?: InformerMetrics;
}

const COMPONENT = 'open-chatgpt-operator';

/** Time between a change in the cluster and another look at the runs that wait for devices: changes come in crowds. */
const HELD_MS = 250;

/** The key of the resource that a label names. */
const keysOfLabel =
  (label: string) =>
  ({ object: { metadata } }: Change<KubeObject>): string[] => {
    const name = metadata.labels?.[label];
    return name ? [`${metadata.namespace}/${name}`] : [];
  };

/** The operator of one process: it waits until it leads, then reconciles until it stops or loses the lease. */
export class Operator {
  private caches?: Caches;
  private leading = false;

  constructor(private readonly options: OperatorOptions) {}

  /** Whether this process reconciles, and has seen the cluster. */
  get state(): { leads: boolean; synced: boolean } {
    return { leads: this.leading, synced: this.caches !== undefined };
  }

  /** The resources that this process reconciles; none while another one leads. */
  *resources(): Generator<{ kind: string; phase?: string }> {
    if (!this.caches || !this.leading) return;
    for (const name of ['pipelines', 'runs', 'datasets', 'models', 'servers'] as const)
      for (const { status } of this.caches[name].list())
        yield { kind: kinds[name].kind, phase: status?.phase };
  }

  /** @returns how the leadership ended; the process must exit after `lost` */
  run(stop: AbortSignal): Promise<'stopped' | 'lost' | 'done'> {
    const { client, leaseNamespace, leaseSeconds = 15, logger } = this.options;
    const election = new LeaderElection({
      client,
      namespace: leaseNamespace,
      name: COMPONENT,
      // In client-go's proportions: 15 s, 10 s and 2 s.
      leaseDurationMs: leaseSeconds * 1000,
      renewDeadlineMs: (leaseSeconds * 2000) / 3,
      retryPeriodMs: (leaseSeconds * 2000) / 15,
      logger,
    });
    return election.run((leadership) => this.lead(client.fenced(election), leadership, stop), stop);
  }

  private async lead(client: KubeClient, leadership: AbortSignal, stop: AbortSignal): Promise<void> {
    const { defaults, logger, queueMetrics, informerMetrics } = this.options;
    const { namespaces, nodes } = defaults;
    const caches = new Caches({ client, namespaces, nodes, logger, metrics: informerMetrics });
    const recorder = new EventRecorder({ client, component: COMPONENT, logger });
    const progress = new RunProgress();
    const feed: EventFeed = new EventFeed({
      openBus: this.options.openBus,
      group: 'operator',
      types: [...runEventTypes, 'dataset.ready', 'dataset.failed'],
      handle: (event) =>
        event.type === 'dataset.ready' || event.type === 'dataset.failed'
          ? datasetReconciler.receive(event as unknown as DatasetOutcome)
          : this.receive(event, caches, progress, runs),
      logger,
    });
    const runReconciler = new RunReconciler({
      client,
      caches,
      progress,
      recorder,
      defaults,
      logger,
      announce: (request, id) => feed.send('run.requested', request, id),
      later: (key, milliseconds) => runs.enqueueAfter(key, milliseconds),
    });
    const ofRun = ownedBy({ apiVersion: API_VERSION, kind: 'TrainingRun' });
    const runs: Controller = new Controller({
      name: 'trainingruns',
      reconcile: (key) => runReconciler.reconcile(key),
      sources: [
        ...caches.runs.sources(),
        // The owner of a Job may be a JobSet.
        ...caches.jobs.sources(keysOfLabel(labels.run)),
        ...caches.deployments.sources(ofRun),
        ...caches.pods.sources(keysOfLabel(labels.run)),
      ],
      logger,
      metrics: queueMetrics,
    });
    const pipelineReconciler = new PipelineReconciler({ client, caches, recorder });
    const pipelines = new Controller({
      name: 'rlhfpipelines',
      reconcile: (key) => pipelineReconciler.reconcile(key),
      sources: [
        ...caches.pipelines.sources(),
        ...caches.runs.sources(ownedBy({ apiVersion: API_VERSION, kind: 'RlhfPipeline' })),
        // What a pipeline waits for has become ready.
        ...[caches.datasets, caches.models].flatMap((cache) =>
          cache.sources(() =>
            caches.pipelines
              .byIndex('waiting', 'true')
              .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
          ),
        ),
      ],
      logger,
      metrics: queueMetrics,
    });
    const datasetReconciler = new DatasetReconciler({
      client,
      caches,
      recorder,
      request: (data, id) => feed.send('dataset.requested', data, id),
      again: (key) => datasets.enqueue(key),
    });
    const datasets: Controller = new Controller({
      name: 'datasets',
      reconcile: (key) => datasetReconciler.reconcile(key),
      sources: caches.datasets.sources(),
      logger,
      metrics: queueMetrics,
    });
    const modelReconciler = new ModelReconciler({
      client,
      caches,
      recorder,
      defaults,
      publish: (data, id) => feed.send('model.published', data, id),
      again: (key) => models.enqueue(key),
    });
    const models: Controller = new Controller({
      name: 'models',
      reconcile: (key) => modelReconciler.reconcile(key),
      sources: [
        ...caches.models.sources(),
        ...caches.jobs.sources(ownedBy({ apiVersion: API_VERSION, kind: 'Model' })),
        ...caches.pods.sources(keysOfLabel(labels.model)),
      ],
      logger,
      metrics: queueMetrics,
    });
    const serverReconciler = new ServerReconciler({ client, caches, recorder, defaults });
    const servers = new Controller({
      name: 'modelservers',
      reconcile: (key) => serverReconciler.reconcile(key),
      sources: [
        ...caches.servers.sources(),
        ...caches.deployments.sources(ownedBy({ apiVersion: API_VERSION, kind: 'ModelServer' })),
        ...caches.pods.sources(keysOfLabel(labels.server)),
        // The model that a server waits for has become ready, or is another one now.
        ...caches.models.sources(({ object: { metadata } }) =>
          caches.servers
            .list()
            .filter(
              (server) =>
                server.metadata.namespace === metadata.namespace && server.spec.model.startsWith('store:'),
            )
            .map((server) => `${metadata.namespace}/${server.metadata.name}`),
        ),
      ],
      logger,
      metrics: queueMetrics,
    });
    const look = () => {
      runReconciler.gang.changed();
      for (const key of runReconciler.gang.held) runs.enqueueAfter(key, HELD_MS);
    };
    caches.nodes?.onChange(look);
    caches.jobs.onChange(() => runReconciler.gang.changed());
    caches.pods.onChange(({ type, object, previous }) => {
      if (type === 'deleted') runReconciler.podDeparted(object);
      if (type === 'deleted' || object.status?.phase !== previous?.status?.phase) look();
    });
    caches.runs.onChange(({ type, object }) => {
      if (type === 'deleted') runReconciler.forget(object);
    });
    caches.pipelines.onChange(({ type, object }) => {
      if (type === 'deleted') pipelineReconciler.forget(object);
    });
    caches.datasets.onChange(({ type, object }) => {
      if (type === 'deleted') datasetReconciler.forget(object);
    });
    caches.models.onChange(({ type, object }) => {
      if (type === 'deleted') modelReconciler.forget(object);
    });
    caches.servers.onChange(({ type, object }) => {
      if (type === 'deleted') serverReconciler.forget(object);
    });
    caches.start();
    this.caches = caches;
    const controllers = [runs, pipelines, datasets, models, servers];
    await Promise.all(controllers.map((controller) => controller.start()));
    this.leading = true;
    logger.info({}, 'The operator leads');
    await feed.run(leadership);
    this.leading = false;
    // The lease is lost: no write passes the fence any more, and the process must end soon.
    if (!stop.aborted) return;
    await Promise.all(controllers.map((controller) => controller.stop()));
    await recorder.flush();
    await caches.stop();
  }

  private async receive(
    event: AnyEvent,
    caches: Caches,
    progress: RunProgress,
    runs: Controller,
  ): Promise<void> {
    const runEvent = event as unknown as RunEvent;
    // None for a run outside of this cluster, and for one that was deleted: its history is the gateway's.
    await Promise.all(
      caches.runs.byIndex('runId', runEvent.data.runId).map((run) => {
        const written = progress.record(run, runEvent);
        runs.enqueue(`${run.metadata.namespace}/${run.metadata.name}`);
        return written;
      }),
    );
  }
}
