import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PipelineConfig, parsePipeline, settingsByField } from '@open-chatgpt/pipeline';
import { UsageError } from '../exit-codes';
import { shownPath } from '../terminal/invocation';

/** Fields that may change when a run resumes; any other would make its checkpoints mean something else. */
const changeable =
  /^(threads|outputDir|name)$|\.(learningRate|valueLearningRate|lrSchedulerType|warmup(Ratio|Steps)|maxGradNorm|klCoef|maxKl|maxSteps|numTrainEpochs|iterations|totalEpisodes|loggingSteps|evalSteps|saveSteps|saveTotalLimit|gradientCheckpointing|mesh(\.\w+)?|offload(Optimizer|Param))$/;
/** Of these, the ones that change no number. */
const harmless = /^(outputDir|name)$|\.(loggingSteps|saveSteps|saveTotalLimit|offload(Optimizer|Param))$/;

/**
 * Compares the configuration with the one that the run was started with.
 * @throws UsageError for a change that its checkpoints do not fit
 */
export function checkResumable(folder: string, pipeline: PipelineConfig, warn: (text: string) => void): void {
  const file = join(folder, 'config.yaml');
  if (!existsSync(file)) return;
  const before = settingsByField(parsePipeline(readFileSync(file, 'utf8'), file));
  const now = settingsByField(pipeline);
  const changes = [...new Set([...before.keys(), ...now.keys()])].filter(
    (field) => before.get(field) !== now.get(field),
  );
  const describe = (field: string) => `${field} was ${before.get(field)}, is ${now.get(field)}`;
  const refused = changes.filter((field) => !changeable.test(field));
  if (refused.length > 0) {
    throw new UsageError(
      `${shownPath(folder)}: the run there was started with another configuration: ${refused.map(describe).join('; ')}. ` +
        'Resume it with its own, or start a new run with --out',
    );
  }
  const noticed = changes.filter((field) => !harmless.test(field));
  if (noticed.length > 0) {
    warn(`Warning: ${noticed.map(describe).join('; ')}: the result will differ from that of an unbroken run`);
  }
}
