import type { DataOf, Dataref } from '@open-chatgpt/events';
import type { RunReport } from '@open-chatgpt/runs';
import { finite, type RunInHand } from './run-events';

/** What is told of a run that has done all its steps. */
export interface Completion {
  model: DataOf<'model.published'>;
  run: DataOf<'run.completed'>;
}

/**
 * @param manifest of the model that the run made
 * @param checkpoint manifest of the last one
 */
export function completionOf(
  run: RunInHand & { step: number },
  { inputs }: DataOf<'run.requested'>,
  report: RunReport,
  manifest: Dataref,
  checkpoint: Dataref | undefined,
): Completion {
  const { runId, pipelineId, stage } = run;
  const numbers = Object.entries(report[stage] ?? {}).filter(([, value]) => typeof value === 'number');
  const figures = finite(Object.fromEntries(numbers) as Record<string, number>);
  const datasets = inputs.datasets.map(({ datasetId }) => datasetId);
  const { generated = 0, trained = 0, dropped = {} } = report.ppo ?? {};
  return {
    model: {
      modelId: runId,
      name: report.name,
      stage,
      manifest,
      lineage: { runId, pipelineId, datasets, checkpoint },
      metrics: figures,
    },
    run: {
      ...run,
      summary: figures,
      model: manifest,
      ...(report.ppo && { ledger: { generated, trained, dropped } }),
    },
  };
}
