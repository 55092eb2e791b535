import type { Dataref } from '@open-chatgpt/events';
import {
  type EventRecorder,
  type KubeClient,
  KubeError,
  ownerReference,
  type ReconcileResult,
} from '@open-chatgpt/kube';
import { nextRequest, type Pipeline } from '@open-chatgpt/orchestration';
import { datasetReferences, modelIds, type PipelineConfig, stageNamed } from '@open-chatgpt/pipeline';
import {
  API_VERSION,
  labels,
  podsOfStage,
  RESUME_ANNOTATION,
  type RlhfPipeline,
  type TrainingRun,
} from '@open-chatgpt/resources';
import type { Caches } from '../kubernetes/caches';
import { FIELD_MANAGER, INITIAL_MANAGER, labelValue, pipelineIdOf } from '../kubernetes/names';
import { StatusWriter } from '../kubernetes/status-writer';
import { kinds } from '../kubernetes/types';
import { parsedPipeline, pipelineFileOf } from '../runs/request';
import { type PipelineState, pipelineOf, pipelineState, pipelineStatus } from './pipeline-state';

const PROGRESS_FIELDS = [
  'step',
  'progressPercent',
  'remainingSeconds',
  'metrics',
  'conditions',
  'stages',
  'gpus',
];

export interface PipelineReconcilerOptions {
  client: KubeClient;
  caches: Caches;
  recorder: EventRecorder;
}

type Waiting = { reason: string; message: string };
type DatasetInputs = TrainingRun['spec']['inputs']['datasets'];

/** Makes the TrainingRuns of a pipeline, one after the other. */
export class PipelineReconciler {
  private readonly status: StatusWriter<RlhfPipeline>;

  constructor(private readonly options: PipelineReconcilerOptions) {
    this.status = new StatusWriter(options.client, kinds.pipelines, PROGRESS_FIELDS);
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const resource = this.options.caches.pipelines.get(key);
    if (!resource || resource.metadata.deletionTimestamp) return undefined;
    let config: PipelineConfig;
    try {
      config = parsedPipeline(pipelineFileOf(resource.metadata.name, resource.spec));
    } catch (error) {
      return this.reject(resource, (error as Error).message);
    }
    const runs = this.runsOf(resource);
    // First: a run that is resumed starts with the new settings.
    for (const run of runs.values()) await this.adjust(resource, run);
    if (await this.resume(resource, runs)) return { requeueAfterMs: 200 };
    const models = this.modelsOf(resource, config);
    const pipeline = pipelineOf(resource, config, runs, 'missing' in models ? {} : models.found);
    let waiting =
      'missing' in models && pipeline.stages.some(({ status }) => status === 'waiting')
        ? models.missing
        : null;
    const request = waiting || resource.spec.suspend ? null : nextRequest(pipeline);
    if (request) {
      const datasets = this.datasetsOf(resource, config, request.stage);
      if ('missing' in datasets) waiting = datasets.missing;
      else await this.createRun(resource, config, request, datasets.found);
    }
    const state = pipelineState(resource, pipeline, runs, waiting);
    const wait = await this.write(resource, pipeline, runs, state, 'missing' in models ? {} : models.found);
    if (state.phase === 'Complete' || state.phase === 'Failed') return this.ttl(resource);
    return wait !== undefined ? { requeueAfterMs: wait } : undefined;
  }

  private async createRun(
    resource: RlhfPipeline,
    config: PipelineConfig,
    { runId, stage, inputs }: NonNullable<ReturnType<typeof nextRequest>>,
    datasets: DatasetInputs,
  ): Promise<void> {
    const { spec, metadata } = resource;
    const { name, ...fields } = JSON.parse(JSON.stringify(config)) as PipelineConfig;
    const { queueName, priorityClassName, managedBy, backoffLimit, activeDeadlineSeconds, suspend } = spec;
    const run = {
      apiVersion: API_VERSION,
      kind: 'TrainingRun',
      metadata: {
        name: `${metadata.name}-${stage}`,
        namespace: metadata.namespace,
        labels: {
          ...metadata.labels,
          [labels.pipeline]: metadata.name,
          [labels.pipelineId]: labelValue(pipelineIdOf(resource)),
          [labels.stage]: stage,
        },
        annotations: inherited(metadata.annotations),
        ownerReferences: [ownerReference(resource)],
      },
      spec: {
        pipeline: { name, ...fields },
        stage,
        runId,
        pipelineId: pipelineIdOf(resource),
        inputs: { models: inputs.models, datasets },
        queueName,
        priorityClassName,
        managedBy,
        backoffLimit,
        activeDeadlineSeconds,
        suspend,
        ...podsOfStage(spec, stage),
      },
    } as unknown as TrainingRun;
    try {
      await this.options.client.create(kinds.runs, run, { fieldManager: INITIAL_MANAGER });
      this.options.recorder.record(resource, {
        type: 'Normal',
        reason: 'StageStarted',
        message: `Created the run ${run.metadata.name}`,
        action: 'CreateRun',
      });
    } catch (error) {
      if (!KubeError.is(error, 'AlreadyExists')) throw error;
      const found = await this.options.client.get(kinds.runs, run.metadata);
      // The cache is older than the run; or a run of another owner has the name.
      if (!found.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid))
        throw new Error(
          `the TrainingRun ${run.metadata.name} belongs to another resource; delete it, or rename the pipeline`,
        );
    }
  }

  /** Hands on what may change while the pipeline runs: suspension, and the settings of pods that are made again. */
  private async adjust(resource: RlhfPipeline, run: TrainingRun): Promise<void> {
    const { suspend } = resource.spec;
    const pods = podsOfStage(resource.spec, run.spec.stage);
    const { name, namespace, uid } = run.metadata;
    const { replicas: _, ...rollouts } = pods.rollouts;
    const { replicas: __, ...critics } = pods.critics;
    const wanted = { suspend, trainer: pods.trainer, rollouts, critics };
    const { replicas: ___, ...ownRollouts } = run.spec.rollouts;
    const { replicas: ____, ...ownCritics } = run.spec.critics;
    const found = {
      suspend: run.spec.suspend,
      trainer: run.spec.trainer,
      rollouts: ownRollouts,
      critics: ownCritics,
    };
    if (run.status?.phase === 'Complete' || sameJson(wanted, found)) return;
    await this.options.client.apply(
      kinds.runs,
      {
        apiVersion: API_VERSION,
        kind: 'TrainingRun',
        metadata: { name, namespace, uid },
        spec: wanted,
      } as never,
      { fieldManager: FIELD_MANAGER, force: true },
    );
  }

  /** Hands the wish to resume on to the run that failed. @returns whether there was a new one */
  private async resume(resource: RlhfPipeline, runs: ReadonlyMap<string, TrainingRun>): Promise<boolean> {
    const asked = resource.metadata.annotations?.[RESUME_ANNOTATION];
    if (asked === undefined || asked === resource.status?.resumeRequest) return false;
    const failed = [...runs.values()].filter(({ status }) => status?.phase === 'Failed');
    for (const { metadata } of failed)
      await this.options.client.mergePatch(kinds.runs, metadata, {
        metadata: { annotations: { [RESUME_ANNOTATION]: asked } },
      });
    const { completionTime: _, ...kept } = resource.status ?? {};
    await this.status.write(resource, {
      ...kept,
      resumeRequest: asked,
      ...(failed.length > 0 && { resumed: (kept.resumed ?? 0) + 1 }),
    });
    return true;
  }

  /** The manifests of the models of the platform that the pipeline names, as they were when it began. */
  private modelsOf(
    { metadata, status }: RlhfPipeline,
    config: PipelineConfig,
  ): { found: Record<string, Dataref> } | { missing: Waiting } {
    const found: Record<string, Dataref> = {};
    for (const id of modelIds(config)) {
      const pinned = status?.models?.[id];
      const model = this.options.caches.models
        .list()
        .find(
          (one) =>
            one.metadata.namespace === metadata.namespace && (one.spec.modelId ?? one.metadata.name) === id,
        );
      const manifest = pinned ?? model?.status?.manifest;
      if (!manifest)
        return {
          missing: {
            reason: 'WaitingForModel',
            message: model
              ? `The Model ${model.metadata.name} is not ready: ${model.status?.phase ?? 'it is new'}`
              : `There is no Model "${id}" in the namespace ${metadata.namespace}; apply one, or name another`,
          },
        };
      found[id] = manifest;
    }
    return { found };
  }

  private datasetsOf(
    { metadata }: RlhfPipeline,
    config: PipelineConfig,
    stage: string,
  ): { found: DatasetInputs } | { missing: Waiting } {
    const found: DatasetInputs = [];
    for (const { role, datasetId } of datasetReferences(stageNamed(config, stage))) {
      const dataset = this.options.caches.datasets
        .list()
        .find(
          (one) =>
            one.metadata.namespace === metadata.namespace &&
            (one.spec.datasetId ?? one.metadata.name) === datasetId,
        );
      const manifest = dataset?.status?.manifest;
      if (!manifest)
        return {
          missing: {
            reason: 'WaitingForDataset',
            message: dataset
              ? `The Dataset ${dataset.metadata.name} is not ready: ${dataset.status?.phase ?? 'it is new'}`
              : `There is no Dataset "${datasetId}" in the namespace ${metadata.namespace}; apply one, or name another`,
          },
        };
      found.push({ role, datasetId, manifest });
    }
    return { found };
  }

  private async reject(resource: RlhfPipeline, message: string): Promise<undefined> {
    const state: PipelineState = { phase: 'Failed', reason: 'ValidationFailed', message };
    const empty = { pipelineId: pipelineIdOf(resource), stages: [] } as unknown as Pipeline;
    await this.write(resource, empty, new Map(), state, {});
    return undefined;
  }

  private async ttl(resource: RlhfPipeline): Promise<ReconcileResult | undefined> {
    const { ttlSecondsAfterFinished: seconds } = resource.spec;
    const { completionTime } = resource.status ?? {};
    if (seconds === undefined) return undefined;
    const wait =
      completionTime === undefined ? 1000 : Date.parse(completionTime) + seconds * 1000 - Date.now();
    if (wait > 0) return { requeueAfterMs: wait };
    await this.options.client.delete(kinds.pipelines, resource.metadata, {
      preconditions: { uid: resource.metadata.uid },
    });
    return undefined;
  }

  private async write(
    resource: RlhfPipeline,
    pipeline: Pipeline,
    runs: ReadonlyMap<string, TrainingRun>,
    state: PipelineState,
    models: Record<string, Dataref>,
  ): Promise<number | undefined> {
    const before = resource.status?.phase;
    const wait = await this.status.write(
      resource,
      pipelineStatus(resource, pipeline, runs, state, models, new Date()),
    );
    if (wait === undefined && before !== state.phase)
      this.options.recorder.record(resource, {
        type: state.phase === 'Failed' ? 'Warning' : 'Normal',
        reason: state.reason,
        message: state.message,
        action: 'Reconcile',
      });
    return wait;
  }

  private runsOf({ metadata }: RlhfPipeline): ReadonlyMap<string, TrainingRun> {
    const owned = this.options.caches.runs.byIndex('owner', metadata.uid);
    return new Map(
      owned.filter((run) => !run.metadata.deletionTimestamp).map((run) => [run.spec.stage, run]),
    );
  }
}

/** Annotations of other controllers, such as Kueue's wishes for the topology. */
const inherited = (annotations: Record<string, string> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(annotations).filter(([name]) => name.startsWith('kueue.x-k8s.io/')));

/** Whether two values are the same as JSON, whatever the order of their fields. */
function sameJson(a: unknown, b: unknown): boolean {
  const sorted = (value: unknown): unknown =>
    value && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(
          Object.entries(value)
            .filter(([, one]) => one !== undefined)
            .sort(([x], [y]) => x.localeCompare(y))
            .map(([name, one]) => [name, sorted(one)]),
        )
      : Array.isArray(value)
        ? value.map(sorted)
        : value;
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}
