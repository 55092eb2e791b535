import { formatPipeline } from '@open-chatgpt/pipeline';
import { type PipelinePlan, planPipeline } from '@open-chatgpt/training';
import { createProgress } from '../progress';
import { labelOf } from '../progress/stage-labels';
import { formatBytes, formatCount, formatNumber } from '../terminal/format';
import { shownPath } from '../terminal/invocation';
import { printJson } from '../terminal/json-line';
import { formatTable } from '../terminal/table';
import { printWarnings } from '../terminal/warn';
import type { PlannedRun } from './load-pipeline';
import { resolveBuiltinModel } from './resolve-builtin';

/** Checks configuration, model and data, and prints what a run would do. */
export async function printDryRun({ pipeline, folder }: PlannedRun, json: boolean): Promise<void> {
  const progress = createProgress(json);
  const plan = await planPipeline(pipeline, {
    resolveBuiltin: (name) => resolveBuiltinModel(name, progress),
  });
  progress.close();
  if (json) {
    const { config, parameters } = plan.model;
    const { stages, warnings } = plan;
    printJson({ type: 'plan', folder, model: { family: config.family, parameters }, stages, warnings });
    return;
  }
  console.log(formatPipeline(pipeline));
  printWarnings([...plan.warnings, ...plan.stages.flatMap(({ warnings }) => warnings)]);
  console.log(
    `${describePlan(plan)}\n\nNothing was trained. The folder of the run would be ${shownPath(folder)}`,
  );
}

function describePlan({ model, stages }: PipelinePlan): string {
  const { config, parameters } = model;
  const shape = `${config.numHiddenLayers} layers of ${config.hiddenSize}, vocabulary ${formatNumber(config.vocabSize)}`;
  const rows = stages.map((stage) => [
    labelOf(stage.stage, stage.algorithm),
    formatNumber(stage.totalSteps),
    formatNumber(stage.examples),
    formatNumber(stage.heldOut),
    Object.entries(stage.dropped)
      .map(([reason, count]) => `${count} ${reason}`)
      .join(', ') || '0',
    formatNumber(stage.longest),
    formatCount(stage.trainableParameters),
    `about ${formatBytes(stage.estimatedBytes)}`,
  ]);
  const head = [
    'stage',
    'steps',
    'examples',
    'held out',
    'left out',
    'longest',
    'trained parameters',
    'memory',
  ];
  return `Model: ${config.family}, ${formatCount(parameters)} parameters, ${shape}\n\n${formatTable([head, ...rows])}`;
}
