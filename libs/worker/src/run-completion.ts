import type { DataOf, Dataref } from '@open-chatgpt/events';
import { descriptorOf } from '@open-chatgpt/pipeline';
import type { RunReport } from '@open-chatgpt/runs';
import type { RunContext } from './outgoing-events';

/** The events of a run that has done all its steps. */
export interface Completion {
  model: DataOf<'model.published'>;
  run: DataOf<'run.completed'>;
}

/** The event of a run that has failed or was cancelled. */
export type Ending = {
  [T in 'run.failed' | 'run.cancelled']: { type: T; data: DataOf<T> };
}['run.failed' | 'run.cancelled'];

/**
 * @param manifest of the model that the run made
 * @param checkpoint manifest of the last one
 */
export function completionOf(
  run: RunContext & { step: number },
  { inputs }: DataOf<'run.requested'>,
  report: RunReport,
  manifest: Dataref,
  checkpoint: Dataref | undefined,
): Completion {
  const { runId, pipelineId, stage, algorithm } = run;
  const reported = report.stages.find(({ name }) => name === stage);
  const figures = reported?.figures.flatMap(({ metric, before, after }) => [
    [`${metric}Before`, before],
    [`${metric}After`, after],
  ]);
  const metrics = Object.fromEntries(
    (figures ?? []).filter((figure): figure is [string, number] => figure[1] !== null),
  );
  const datasets = inputs.datasets.map(({ datasetId }) => datasetId);
  return {
    model: {
      modelId: runId,
      name: report.name,
      kind: descriptorOf(algorithm).makes,
      algorithm,
      manifest,
      lineage: { runId, pipelineId, datasets, checkpoint },
      metrics,
    },
    run: {
      ...run,
      summary: metrics,
      model: manifest,
      ...(reported?.ledger && { ledger: reported.ledger }),
    },
  };
}
