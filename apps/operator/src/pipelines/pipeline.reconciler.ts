import { isDeepStrictEqual } from 'node:util';
import type { Dataref } from '@open-chatgpt/events';
import {
  type EventRecorder,
  type KubeClient,
  ownerReference,
  type ReconcileResult,
} from '@open-chatgpt/kube';
import { nextRequest, type Pipeline } from '@open-chatgpt/orchestration';
import { datasetReferences, modelIds, type PipelineConfig, stageNamed } from '@open-chatgpt/pipeline';
import {
  API_VERSION,
  labels,
  pipelineFileOf,
  pipelineIdOf,
  podsOfStage,
  RESUME_ANNOTATION,
  type RlhfPipeline,
  type TrainingRun,
} from '@open-chatgpt/resources';
import type { Caches } from '../kubernetes/caches';
import { FIELD_MANAGER, INITIAL_MANAGER, labelValue } from '../kubernetes/names';
import { createOwned, refusalOf } from '../kubernetes/owned';
import { StatusWriter, without } from '../kubernetes/status-writer';
import { kinds } from '../kubernetes/types';
import { parsedPipeline } from '../runs/request';
import { type PipelineState, pipelineOf, pipelineState, pipelineStatus } from './pipeline-state';

const withoutProgress = without(
  'step',
  'progressPercent',
  'remainingSeconds',
  'metrics',
  'conditions',
  'stages',
  'gpus',
);

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
    this.status = new StatusWriter(options.client, kinds.pipelines, withoutProgress);
  }

  /** The pipeline is gone. */
  forget({ metadata }: RlhfPipeline): void {
    this.status.forget(`${metadata.namespace}/${metadata.name}`);
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const cached = this.options.caches.pipelines.get(key);
    if (!cached || cached.metadata.deletionTimestamp) return undefined;
    const resource = this.status.latest(cached);
    let config: PipelineConfig;
    try {
      config = parsedPipeline(pipelineFileOf(resource.metadata.name, resource.spec));
    } catch (error) {
      return this.reject(resource, (error as Error).message);
    }
    const runs = this.runsOf(resource);
    // First: a run that is resumed starts with the new settings.
    for (const run of runs.values()) await this.adjust(resource, run);
    if (await this.resume(resource, runs)) return { requeueAfterMs: 0 };
    const models = this.modelsOf(resource, config);
    const pipeline = pipelineOf(resource, config, runs, 'missing' in models ? {} : models.found);
    let waiting =
      'missing' in models && pipeline.stages.some(({ status }) => status === 'waiting')
        ? models.missing
        : null;
    let failure: unknown;
    const request = waiting || resource.spec.suspend ? null : nextRequest(pipeline);
    if (request) {
      const datasets = this.datasetsOf(resource, config, request.stage);
      if ('missing' in datasets) waiting = datasets.missing;
      else
        try {
          await this.createRun(resource, config, request, datasets.found);
        } catch (error) {
          waiting = refusalOf(error);
          if (!waiting) throw error;
          failure = error;
        }
    }
    const state = pipelineState(resource, pipeline, runs, waiting);
    const wait = await this.write(resource, pipeline, runs, state, 'missing' in models ? {} : models.found);
    // Once the condition says why: the queue tries again after its backoff.
    if (failure) throw failure;
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
    const { client, recorder } = this.options;
    const result = await createOwned(client, kinds.runs, run, resource, INITIAL_MANAGER);
    if (result?.created)
      recorder.record(resource, {
        type: 'Normal',
        reason: 'StageStarted',
        message: `Created the run ${run.metadata.name}`,
        action: 'CreateRun',
      });
  }

  /**
   * Hands on what may change while the pipeline runs: suspension, and the settings of pods that are made again. The numbers
   * of workers are the run's own: people and autoscalers change them there.
   */
  private async adjust(resource: RlhfPipeline, run: TrainingRun): Promise<void> {
    if (run.status?.phase === 'Complete') return;
    const { suspend } = resource.spec;
    const { trainer, rollouts, critics } = podsOfStage(resource.spec, run.spec.stage);
    const replicas = ({ replicas: count }: { replicas: number }) => ({ replicas: count });
    const wanted = {
      suspend,
      trainer,
      rollouts: { ...rollouts, ...replicas(run.spec.rollouts) },
      critics: { ...critics, ...replicas(run.spec.critics) },
    };
    const patch = mergePatchOf(run.spec, { ...run.spec, ...wanted });
    if (patch)
      await this.options.client.mergePatch(
        kinds.runs,
        run.metadata,
        { metadata: { uid: run.metadata.uid }, spec: patch },
        { fieldManager: FIELD_MANAGER },
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
    { metadata, spec, status }: RlhfPipeline,
    config: PipelineConfig,
  ): { found: Record<string, Dataref> } | { missing: Waiting } {
    const found: Record<string, Dataref> = {};
    for (const id of modelIds(config)) {
      const pinned = spec.inputs?.models?.[id] ?? status?.models?.[id];
      const key = `${metadata.namespace}/${id}`;
      const { models } = this.options.caches;
      // The Model of a run has the name of the run, and the run's id in the store.
      const model = models.byIndex('id', key)[0] ?? models.get(key);
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
    { metadata, spec }: RlhfPipeline,
    config: PipelineConfig,
    stage: string,
  ): { found: DatasetInputs } | { missing: Waiting } {
    const found: DatasetInputs = [];
    for (const { role, datasetId } of datasetReferences(stageNamed(config, stage))) {
      const [dataset] = this.options.caches.datasets.byIndex('id', `${metadata.namespace}/${datasetId}`);
      const manifest = spec.inputs?.datasets?.[datasetId] ?? dataset?.status?.manifest;
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

/** The JSON merge patch that makes `to` of `from`; undefined when nothing differs. Absent fields are removed. */
function mergePatchOf(from: object, to: object): Record<string, unknown> | undefined {
  const [before, after] = [from, to] as Record<string, unknown>[];
  const changes = [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) => {
    const [old, next] = [before[name], after[name]];
    if (isDeepStrictEqual(old, next)) return [];
    if (next === undefined) return [[name, null] as const];
    const inner = isObject(old) && isObject(next) ? mergePatchOf(old, next) : next;
    return inner === undefined ? [] : [[name, inner] as const];
  });
  return changes.length > 0 ? Object.fromEntries(changes) : undefined;
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
