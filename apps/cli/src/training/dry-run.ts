import { formatPipeline } from '@open-chatgpt/pipeline';
import { type PipelinePlan, planPipeline } from '@open-chatgpt/training';
import { modelOnThisMachine } from '../models/model-source';
import { labelOf } from '../progress/stage-labels';
import { formatBytes, formatCount, formatDuration, formatNumber } from '../terminal/format';
import { shownPath } from '../terminal/invocation';
import { print, printJson } from '../terminal/print';
import { formatTable } from '../terminal/table';
import { printWarnings } from '../terminal/warn';
import type { PlannedRun } from './load-pipeline';

/** Checks configuration, model and data, and prints what a run would do. Downloads nothing. */
export async function printDryRun({ pipeline, folder }: PlannedRun, json: boolean): Promise<void> {
  const plan = await planPipeline(pipeline, {
    resolveModel: modelOnThisMachine,
    download: false,
    time: true,
  });
  if (json) {
    const { model, stages, warnings, missing } = plan;
    printJson({
      type: 'plan',
      folder,
      model: model && { family: model.config.family, parameters: model.parameters },
      stages: stages.map(({ size, ...stage }) => ({ ...size, ...stage })),
      warnings,
      missing,
    });
    return;
  }
  printWarnings([...plan.warnings, ...plan.stages.flatMap(({ size }) => size?.warnings ?? [])]);
  print(describePlan(plan));
  for (const path of plan.missing)
    print(`${path} would be downloaded first; until then its figures are "?".`);
  print(
    'Times are estimates: a few passes were measured on this machine, as busy as it is now. "At most": with responses of full length.',
  );
  print(`\nThe settings, with all defaults:\n\n${formatPipeline(pipeline).trimEnd()}\n`);
  print(`Nothing was trained. The folder of the run would be ${shownPath(folder)}`);
}

function describePlan({ model, stages }: PipelinePlan): string {
  const rows = stages.map(({ stage, algorithm, size, totalSteps, ...estimates }) => [
    labelOf(stage, algorithm),
    known(totalSteps, formatNumber),
    known(size?.examples, formatNumber),
    known(size?.heldOut, formatNumber),
    size
      ? Object.entries(size.dropped)
          .map(([reason, count]) => `${count} ${reason}`)
          .join(', ') || '0'
      : '?',
    known(size?.longest, formatNumber),
    known(estimates.trainableParameters, formatCount),
    known(estimates.estimatedBytes, (bytes) => `about ${formatBytes(bytes)}`),
    known(
      estimates.estimatedSeconds,
      (seconds) => `${size?.work.atMost ? 'at most' : 'about'} ${formatDuration(seconds)}`,
    ),
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
    'time',
  ];
  return `Model: ${describeModel(model)}\n\n${formatTable([head, ...rows])}`;
}

const known = (value: number | null | undefined, show: (value: number) => string): string =>
  value === null || value === undefined ? '?' : show(value);

function describeModel(model: PipelinePlan['model']): string {
  if (!model) return 'not on this machine yet';
  const { config, parameters } = model;
  const shape = `${config.numHiddenLayers} layers of ${config.hiddenSize}, vocabulary ${formatNumber(config.vocabSize)}`;
  return `${config.family}, ${formatCount(parameters)} parameters, ${shape}`;
}
