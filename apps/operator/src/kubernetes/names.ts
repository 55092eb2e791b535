import { createHash } from 'node:crypto';
import { labels, type RlhfPipeline, type TrainingRun } from '@open-chatgpt/resources';

/** The Jobs, pods and statuses that the operator writes are its own under this name. */
export const FIELD_MANAGER = 'open-chatgpt-operator';

/**
 * The manager of what the operator writes once and then leaves to people and autoscalers, such as the number of rollout
 * workers. A field that its usual manager stopped applying would be removed.
 */
export const INITIAL_MANAGER = 'open-chatgpt-operator-initial';

/** A resource that was deleted and made again has other ids: the store still has what the first one made. */
const idOf = (chosen: string | undefined, { name, uid }: { name: string; uid: string }) =>
  chosen ?? `${name}-${uid.slice(0, 8)}`;

export const pipelineIdOf = ({ spec, metadata }: RlhfPipeline): string => idOf(spec.pipelineId, metadata);

export const runIdOf = ({ spec, metadata }: TrainingRun): string => idOf(spec.runId, metadata);

/** The value of a label, which has at most 63 characters. */
export const labelValue = (text: string): string =>
  text.length <= 63
    ? text
    : `${text.slice(0, 54)}-${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;

/** The labels of everything that belongs to a run; `role` is that of a pod. */
export function runLabels(run: TrainingRun, role?: string): Record<string, string> {
  const { pipelineId } = run.spec;
  return {
    'app.kubernetes.io/name': 'open-chatgpt',
    'app.kubernetes.io/managed-by': FIELD_MANAGER,
    'app.kubernetes.io/component': role ?? 'run',
    [labels.run]: run.metadata.name,
    [labels.runId]: labelValue(runIdOf(run)),
    [labels.stage]: run.spec.stage,
    ...(pipelineId !== undefined && { [labels.pipelineId]: labelValue(pipelineId) }),
    ...(role !== undefined && { [labels.role]: role }),
  };
}
