import type { Dataref } from '@open-chatgpt/events';
import { type Condition, isTrue, setCondition, setReadiness } from '@open-chatgpt/kube';
import { newPipeline, type Pipeline, type Run, statusOf } from '@open-chatgpt/orchestration';
import type { PipelineConfig } from '@open-chatgpt/pipeline';
import {
  pipelineIdOf,
  type RlhfPipeline,
  type RlhfPipelineStatus,
  type TrainingRun,
} from '@open-chatgpt/resources';
import { readinessOf } from '../kubernetes/readiness';

/** The status of a run as the state machine of pipelines knows it. */
function statusOfRun(run: TrainingRun): Run['status'] {
  switch (run.status?.phase) {
    case 'Complete':
      return 'completed';
    case 'Failed':
      return 'failed';
    default:
      return 'running';
  }
}

/** The pipeline as the state machine of libs/orchestration advances it: a function of the resource and of its runs. */
export function pipelineOf(
  resource: RlhfPipeline,
  config: PipelineConfig,
  runs: ReadonlyMap<string, TrainingRun>,
  models: Record<string, Dataref>,
): Pipeline {
  const made = newPipeline(pipelineIdOf(resource), config, resource.metadata.creationTimestamp, models);
  const stages = made.stages.map((stage): Run => {
    const run = runs.get(stage.stage);
    // A stage that is done stays done when somebody deletes its TrainingRun.
    const before = resource.status?.stages?.find(({ name }) => name === stage.stage);
    if (!run)
      return before?.status === 'completed' ? { ...stage, status: 'completed', model: before.model } : stage;
    const failed = run.status?.conditions?.find(({ type, status }) => type === 'Failed' && status === 'True');
    return {
      ...stage,
      status: statusOfRun(run),
      ...(run.status?.model && { model: run.status.model }),
      ...(failed && { error: { code: failed.reason, message: failed.message } }),
    };
  });
  return { ...made, stages, status: statusOf(stages, 'running') };
}

export interface PipelineState {
  phase: 'Pending' | 'Running' | 'Suspended' | 'Complete' | 'Failed';
  reason: string;
  message: string;
}

/** @param waiting why the next stage cannot begin: a dataset or model that is not ready */
export function pipelineState(
  resource: RlhfPipeline,
  pipeline: Pipeline,
  runs: ReadonlyMap<string, TrainingRun>,
  waiting: { reason: string; message: string } | null,
): PipelineState {
  if (pipeline.status === 'completed')
    return { phase: 'Complete', reason: 'Complete', message: 'All stages have completed' };
  const failed = pipeline.stages.find(({ status }) => status === 'failed');
  if (failed) {
    const { code = 'AppFailed', message = '' } = failed.error ?? {};
    return { phase: 'Failed', reason: code, message: `${failed.stage}: ${message}` };
  }
  if (resource.spec.suspend) {
    const ending = [...runs.values()].find(
      ({ status }) =>
        status?.phase !== 'Complete' && !isTrue(status?.conditions as Condition[] | undefined, 'Suspended'),
    );
    return ending
      ? {
          phase: 'Suspended',
          reason: 'Suspending',
          message: `The pods of ${ending.metadata.name} store a checkpoint and end`,
        }
      : { phase: 'Suspended', reason: 'Suspended', message: 'spec.suspend is true; there are no pods' };
  }
  if (waiting) return { phase: 'Pending', ...waiting };
  const current = pipeline.stages.find(({ status }) => status === 'running');
  const run = current && runs.get(current.stage);
  const ready = run?.status?.conditions?.find(({ type }) => type === 'Ready');
  const phase = run?.status?.phase === 'Running' ? 'Running' : 'Pending';
  return {
    phase,
    reason: ready?.reason ?? 'StageStarting',
    message: current
      ? `${current.stage}: ${ready?.message ?? 'the run is about to start'}`
      : 'The next stage is about to start',
  };
}

export function pipelineStatus(
  resource: RlhfPipeline,
  pipeline: Pipeline,
  runs: ReadonlyMap<string, TrainingRun>,
  state: PipelineState,
  models: Record<string, Dataref>,
  now: Date,
): RlhfPipelineStatus {
  const before = resource.status ?? {};
  const { stages } = pipeline;
  const done = stages.filter(({ status }) => status === 'completed').length;
  const index = stages.findIndex(({ status }) => status !== 'completed');
  const current = stages[index];
  const run = current && runs.get(current.stage)?.status;
  const share = (done + (run?.progressPercent ?? 0) / 100) / Math.max(1, stages.length);
  const ended = state.phase === 'Complete' || state.phase === 'Failed';
  const starts = [...runs.values()].flatMap(({ status }) => status?.startTime ?? []).sort();
  const last = stages.at(-1);
  return {
    observedGeneration: resource.metadata.generation,
    phase: state.phase,
    conditions: conditionsOf(resource, state, now),
    pipelineId: pipeline.pipelineId,
    ...(before.resumed !== undefined && { resumed: before.resumed }),
    ...(before.resumeRequest !== undefined && { resumeRequest: before.resumeRequest }),
    ...(starts[0] && { startTime: starts[0] }),
    ...(ended && { completionTime: before.completionTime ?? now.toISOString() }),
    ...(current && { stage: current.stage }),
    stageIndex: `${Math.min(done + 1, stages.length)}/${stages.length}`,
    progressPercent: Math.floor(100 * share),
    ...(run?.remainingSeconds !== undefined && { remainingSeconds: run.remainingSeconds }),
    ...(run?.totalSteps && { step: `${run.step ?? 0}/${run.totalSteps}` }),
    gpus: gpusOf(runs),
    ...((run ?? lastRun(stages, runs))?.metrics && { metrics: (run ?? lastRun(stages, runs))!.metrics }),
    ...(Object.keys(models).length > 0 && { models }),
    ...(state.phase === 'Complete' && last?.model && { model: last.model }),
    stages: stages.map(({ stage, algorithm, runId, status, model, error }) => ({
      name: stage,
      algorithm,
      runId,
      status,
      ...(runs.get(stage) && { runName: runs.get(stage)!.metadata.name }),
      ...(model && { model }),
      ...(error && { error: { code: error.code.slice(0, 128), message: error.message.slice(0, 8192) } }),
    })),
  };
}

const lastRun = (stages: Pipeline['stages'], runs: ReadonlyMap<string, TrainingRun>) =>
  runs.get(stages.at(-1)?.stage ?? '')?.status;

/** The GPUs that the pods of active runs have. */
function gpusOf(runs: ReadonlyMap<string, TrainingRun>): number {
  return [...runs.values()]
    .filter(({ status }) => status?.phase === 'Running')
    .reduce((sum, { spec: { trainer, rollouts, critics }, status }) => {
      const of = (gpus: number | undefined, pods: number) => (gpus ?? 0) * pods;
      return (
        sum +
        of(trainer.gpus, trainer.ranks) +
        of(rollouts.gpus, status?.rollouts?.replicas ?? 0) +
        of(critics.gpus, status?.critics?.replicas ?? 0)
      );
    }, 0);
}

function conditionsOf(
  { metadata, status }: RlhfPipeline,
  { phase, reason, message }: PipelineState,
  now: Date,
): Condition[] {
  const observedGeneration = metadata.generation;
  let conditions: readonly Condition[] | undefined = status?.conditions as Condition[] | undefined;
  for (const [type, isTrue] of [
    ['Complete', phase === 'Complete'],
    ['Failed', phase === 'Failed'],
    ['Suspended', reason === 'Suspended'],
    ['Running', phase === 'Running'],
  ] as const)
    conditions = setCondition(
      conditions,
      { type, status: isTrue ? 'True' : 'False', reason, message, observedGeneration },
      now,
    );
  const readiness = { state: readinessOf(phase, reason), reason, message, observedGeneration };
  return [...setReadiness(conditions, readiness, now)];
}
