import { type Condition, setCondition, setReadiness } from '@open-chatgpt/kube';
import { labels, type Model, type ModelStatus } from '@open-chatgpt/resources';
import { hasCondition, type Job, type Pod } from '../kubernetes/types';
import { podProblem } from '../servers/pod-problem';
import { modelIdOf } from './find-model';
import { type ImportOutcome, importOutcome } from './import-job';

export interface ModelObservation {
  model: Model;
  /** The import; undefined before it is made. */
  job?: Job;
  pods: readonly Pod[];
  /** Whether the bus has `model.published`. */
  published: boolean;
  /** Why nothing is done: the spec is wrong. */
  refused?: { reason: string; message: string };
}

/** A trainer publishes its model itself. */
export const isOfRun = ({ metadata }: Model): boolean => metadata.labels?.[labels.runId] !== undefined;

export const isPublished = ({ status }: Model): boolean =>
  status?.conditions?.some(({ type, status: value }) => type === 'Published' && value === 'True') ?? false;

/** The status that follows from what is observed. What an import has found out stays when its pod is gone. */
export function modelStatus(observation: ModelObservation, now: Date): ModelStatus {
  const { model } = observation;
  const { spec, status: before = {} } = model;
  const outcome = importOutcome(observation.pods);
  const imported = outcome?.outcome === 'imported' ? outcome : undefined;
  const manifest = spec.manifest ?? imported?.manifest ?? before.manifest;
  const state = manifest
    ? {
        phase: 'Ready',
        readiness: 'current' as const,
        reason: 'InStore',
        message: `${manifest.uri} is the manifest of the model`,
      }
    : importState(observation, outcome);
  const kind = spec.kind ?? imported?.kind ?? before.kind;
  const family = imported?.family ?? before.family;
  const parameters = imported?.parameters ?? before.parameters;
  return {
    observedGeneration: model.metadata.generation,
    phase: state.phase,
    conditions: conditionsOf(observation, state, now),
    modelId: modelIdOf(model),
    ...(manifest && { manifest, kind: kind ?? 'language-model' }),
    ...(spec.algorithm !== undefined && { algorithm: spec.algorithm }),
    ...(family !== undefined && { family }),
    ...(parameters !== undefined && { parameters }),
    ...(spec.metrics && { metrics: spec.metrics }),
    ...(spec.lineage && { lineage: spec.lineage }),
  };
}

interface State {
  phase: string;
  readiness: 'current' | 'reconciling' | 'stalled';
  reason: string;
  message: string;
}

function importState({ job, pods, refused }: ModelObservation, outcome: ImportOutcome | undefined): State {
  if (refused) return { phase: 'Failed', readiness: 'stalled', ...refused };
  const failed = hasCondition(job, 'Failed');
  if (failed) {
    const { code, message } =
      outcome?.outcome === 'failed'
        ? outcome.error
        : {
            code: failed.reason ?? 'ImportFailed',
            message: failed.message ?? 'The Job of the import failed',
          };
    return { phase: 'Failed', readiness: 'stalled', reason: code, message };
  }
  const problem = pods
    .filter(({ status }) => status?.phase === 'Pending')
    .map(podProblem)
    .find((found) => found?.failing);
  return {
    phase: 'Importing',
    readiness: 'reconciling',
    reason: problem?.reason ?? 'Importing',
    message: problem?.message ?? 'A Job writes the model to the store',
  };
}

function conditionsOf(observation: ModelObservation, state: State, now: Date): Condition[] {
  const { model, published } = observation;
  const observedGeneration = model.metadata.generation;
  const { readiness, reason, message } = state;
  let conditions = setCondition(
    model.status?.conditions,
    {
      type: 'Failed',
      status: readiness === 'stalled' ? 'True' : 'False',
      reason,
      message,
      observedGeneration,
    },
    now,
  );
  if (readiness === 'current') {
    const [status, why, text] = isOfRun(model)
      ? (['True', 'PublishedByRun', 'The run has published its model'] as const)
      : published || isPublished(model)
        ? (['True', 'Published', 'Other services know of the model'] as const)
        : (['False', 'WaitingForBus', 'The event is sent as soon as the bus can be reached'] as const);
    conditions = setCondition(
      conditions,
      { type: 'Published', status, reason: why, message: text, observedGeneration },
      now,
    );
  }
  return [...setReadiness(conditions, { state: readiness, reason, message, observedGeneration }, now)];
}
