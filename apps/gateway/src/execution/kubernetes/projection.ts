import type { DataOf } from '@open-chatgpt/events';
import {
  cancelledPipeline,
  newPipeline,
  type Pipeline,
  type Run,
  resumedPipeline,
} from '@open-chatgpt/orchestration';
import { type PipelineConfig, pipelineOf } from '@open-chatgpt/pipeline';
import { pipelineFileOf, pipelineIdOf, RESUME_ANNOTATION, type RlhfPipeline } from '@open-chatgpt/resources';
import { referenceOf } from './pipeline-resource';

/** The document of a pipeline that somebody else has made. */
export function documentOf(resource: RlhfPipeline): Pipeline {
  const { metadata, spec, status } = resource;
  const file = pipelineFileOf(metadata.name, spec);
  const models = { ...status?.models, ...spec.inputs?.models };
  const made = newPipeline(pipelineIdOf(resource), configOf(file), metadata.creationTimestamp, models);
  return { ...made, resource: referenceOf(resource) };
}

/** The configuration with its defaults. One that the operator will refuse stays as it is. */
function configOf(file: object): PipelineConfig {
  try {
    return pipelineOf(file, 'spec');
  } catch {
    const { stages, ...rest } = file as PipelineConfig;
    return { ...rest, stages: stages.map((stage) => ({ ...stage, name: stage.name ?? stage.uses })) };
  }
}

/** The document after a look at the resource: what is wanted, and that a stage runs. The ends of runs are events. */
export function pipelineAfterResource(pipeline: Pipeline, resource: RlhfPipeline): Pipeline {
  const seen = followed(pipeline, resource);
  const stages = runningStages(seen, resource);
  if (seen === pipeline && stages === pipeline.stages) return pipeline;
  return { ...seen, stages, resource: referenceOf(resource) };
}

function followed(pipeline: Pipeline, resource: RlhfPipeline): Pipeline {
  // Deleted and made again under the same id: the runs go on from their checkpoints.
  if (pipeline.resource?.uid !== resource.metadata.uid) {
    const { deletedAt: _, ...found } = pipeline;
    return { ...resumedPipeline(cancelledPipeline(found)), resource: referenceOf(resource) };
  }
  const { phase } = currentStatus(resource);
  if (phase === 'Complete' || phase === 'Failed') return pipeline;
  if (resource.spec.suspend || resource.metadata.deletionTimestamp) return cancelledPipeline(pipeline);
  if (pipeline.status === 'cancelled') return resumedPipeline(pipeline);
  // The event of a failure may be here before the resource shows it, so only a new request means that it goes on.
  const asked = resource.metadata.annotations?.[RESUME_ANNOTATION];
  const isNew = asked !== undefined && asked !== pipeline.resource.resumeRequest;
  return pipeline.status === 'failed' && isNew ? resumedPipeline(pipeline) : pipeline;
}

function runningStages(pipeline: Pipeline, resource: RlhfPipeline): Pipeline['stages'] {
  const { phase, stages = [] } = currentStatus(resource);
  const running =
    phase === 'Running' && pipeline.status === 'running'
      ? stages.find(({ status }) => status === 'running')
      : undefined;
  if (!pipeline.stages.some(({ stage, status }) => stage === running?.name && status === 'waiting'))
    return pipeline.stages;
  return pipeline.stages.map((run) =>
    run.stage === running?.name ? { ...run, status: 'running' as const } : run,
  );
}

/** The status, if it is about the spec that the resource has, and no resumption is asked for that it does not know. */
function currentStatus({ metadata, status = {} }: RlhfPipeline): NonNullable<RlhfPipeline['status']> {
  const asked = metadata.annotations?.[RESUME_ANNOTATION];
  const isCurrent =
    (status.observedGeneration ?? 0) >= metadata.generation &&
    (asked === undefined || asked === status.resumeRequest);
  return isCurrent ? status : {};
}

/** An end of a run that its own events do not say, because its pods were killed, or never began. */
export type RunEnding = { [T in EndType]: { type: T; data: DataOf<T> } }[EndType];
type EndType = 'run.completed' | 'run.failed' | 'run.cancelled';

/** The ends that the resource knows and the document does not. */
export function missingEndings(pipeline: Pipeline, resource: RlhfPipeline): RunEnding[] {
  const status = currentStatus(resource);
  const { phase, stages = [] } = status;
  const endings = pipeline.stages.flatMap((run): RunEnding[] => {
    const known = stages.find(({ name }) => name === run.stage);
    if (run.status === 'completed' || !known) return [];
    if (known.status === 'completed')
      return [{ type: 'run.completed', data: { ...endOf(run), summary: {}, model: known.model } }];
    if (known.status !== 'failed' || phase !== 'Failed' || run.status === 'failed') return [];
    const { code = 'AppFailed', message = 'the run has failed' } = known.error ?? {};
    return [failed(run, code, message)];
  });
  if (
    phase === 'Failed' &&
    pipeline.status !== 'failed' &&
    endings.every(({ type }) => type !== 'run.failed')
  ) {
    // Refused before any stage began.
    const next = pipeline.stages.find((run) => run.status !== 'completed');
    const { reason = 'Failed', message = '' } =
      status.conditions?.find((one) => one.type === 'Failed' && one.status === 'True') ?? {};
    if (next && next.status !== 'failed') endings.push(failed(next, reason, message));
  }
  const isStill = status.conditions?.some(
    ({ type, status: is, reason }) => type === 'Suspended' && is === 'True' && reason === 'Suspended',
  );
  return pipeline.status === 'cancelled' && isStill ? [...endings, ...cancelledRuns(pipeline)] : endings;
}

/** The ends of the runs of a pipeline without pods that will not go on. */
export function cancelledRuns({ stages }: Pipeline): RunEnding[] {
  return stages
    .filter((run) => run.status === 'running')
    .map((run) => ({ type: 'run.cancelled', data: endOf(run) }));
}

function failed(run: Run, code: string, message: string): RunEnding {
  const error = { code: code.slice(0, 128), message: message.slice(0, 8192) || code };
  return { type: 'run.failed', data: { ...endOf(run), error } };
}

const endOf = ({ runId, pipelineId, stage, algorithm, attempt, step }: Run) => ({
  ...{ runId, pipelineId, stage, algorithm, step },
  attempt: Math.max(1, attempt),
});
