import type { EventOf } from '@open-chatgpt/events';
import { type Condition, setCondition, setReadiness } from '@open-chatgpt/kube';
import type { Dataset, DatasetStatus } from '@open-chatgpt/resources';

/** How a request for a dataset ended. */
export type DatasetOutcome = EventOf<'dataset.ready'> | EventOf<'dataset.failed'>;

export const datasetIdOf = ({ spec, metadata }: Dataset): string => spec.datasetId ?? metadata.name;

export interface DatasetObservation {
  dataset: Dataset;
  /** The latest event about it that its status may not have yet. */
  outcome?: DatasetOutcome;
  /** Whether the bus has the request; undefined when that is not known any more, after a restart. */
  requested?: boolean;
  /** Why it is not requested at all. */
  refused?: { reason: string; message: string };
}

/** Whether nothing is left to do: its content never changes, for the spec does not. */
export function isSettled({ status }: Dataset): boolean {
  return status?.phase === 'Ready' || status?.phase === 'Failed';
}

/** The status that follows from what is observed. */
export function datasetStatus(observation: DatasetObservation, now: Date): DatasetStatus {
  const { dataset, outcome } = observation;
  const before = dataset.status ?? {};
  const common = { observedGeneration: dataset.metadata.generation, datasetId: datasetIdOf(dataset) };
  if (outcome?.type === 'dataset.ready') {
    const { datasetId: _, requestId: __, ...found } = outcome.data;
    const message = `${found.rows.kept} of ${found.rows.read} rows are in the store`;
    return {
      ...common,
      phase: 'Ready',
      conditions: conditionsOf(dataset, 'current', 'Ingested', message, now),
      ...found,
    };
  }
  if (before.manifest) return before;
  const { readiness, phase, reason, message } = unfinished(observation);
  return { ...common, phase, conditions: conditionsOf(dataset, readiness, reason, message, now) };
}

interface Unfinished {
  phase: 'Pending' | 'Ingesting' | 'Failed';
  readiness: 'reconciling' | 'stalled';
  reason: string;
  message: string;
}

function unfinished({ dataset, outcome, requested, refused }: DatasetObservation): Unfinished {
  if (refused) return { phase: 'Failed', readiness: 'stalled', ...refused };
  if (outcome?.type === 'dataset.failed') {
    const { code, message, retryable } = outcome.data.error;
    return retryable
      ? {
          phase: 'Pending',
          readiness: 'reconciling',
          reason: code,
          message: `${message} (It is tried again.)`,
        }
      : { phase: 'Failed', readiness: 'stalled', reason: code, message };
  }
  const { phase, conditions } = dataset.status ?? {};
  const ready = conditions?.find(({ type }) => type === 'Ready');
  if (phase === 'Failed' || (requested === undefined && ready))
    return {
      phase: phase as Unfinished['phase'],
      readiness: phase === 'Failed' ? 'stalled' : 'reconciling',
      reason: ready?.reason ?? 'IngestionFailed',
      message: ready?.message ?? '',
    };
  return requested
    ? {
        phase: 'Ingesting',
        readiness: 'reconciling',
        reason: 'Requested',
        message: 'data-ingestion has the request',
      }
    : {
        phase: 'Pending',
        readiness: 'reconciling',
        reason: 'WaitingForBus',
        message: 'The request is sent as soon as the bus can be reached',
      };
}

function conditionsOf(
  { metadata, status }: Dataset,
  state: 'current' | 'reconciling' | 'stalled',
  reason: string,
  message: string,
  now: Date,
): Condition[] {
  const observedGeneration = metadata.generation;
  const conditions = setCondition(
    status?.conditions,
    { type: 'Failed', status: state === 'stalled' ? 'True' : 'False', reason, message, observedGeneration },
    now,
  );
  return [...setReadiness(conditions, { state, reason, message, observedGeneration }, now)];
}
