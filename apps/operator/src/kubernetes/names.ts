import { labels, labelValue, type TrainingRun } from '@open-chatgpt/resources';

export { labelValue };

/** The Jobs, pods and statuses that the operator writes are its own under this name. */
export const FIELD_MANAGER = 'open-chatgpt-operator';

/**
 * The manager of what the operator writes once and then leaves to people and autoscalers, such as the number of rollout
 * workers. A field that its usual manager stopped applying would be removed.
 */
export const INITIAL_MANAGER = 'open-chatgpt-operator-initial';

/** A run that was deleted and made again has another id: the store still has what the first one made. */
export const runIdOf = ({ spec, metadata }: TrainingRun): string =>
  spec.runId ?? `${metadata.name}-${metadata.uid.slice(0, 8)}`;

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
