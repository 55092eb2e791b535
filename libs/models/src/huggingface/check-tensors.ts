import { expectedTensors } from '@open-chatgpt/sizing';
import type { ModelConfig } from '../config/model-config';
import { ModelFileError } from '../weights/model-file-error';
import type { TensorInfo } from '../weights/weight-source';

const SHOWN = 5;

/**
 * Checks that every weight of the configuration is present with its shape. A model with a `score.weight` (a sequence
 * classifier, the format of reward models) needs no `lm_head.weight`.
 *
 * @throws ModelFileError that lists the first few missing and mis-shaped names
 */
export function checkTensors(config: ModelConfig, tensors: readonly TensorInfo[], where: string): void {
  const found = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const isClassifier = found.has('score.weight');
  const missing: string[] = [];
  const misshaped: string[] = [];
  for (const { name, shape } of expectedTensors(config)) {
    const tensor = found.get(name);
    if (!tensor) {
      if (!(isClassifier && name === 'lm_head.weight')) missing.push(name);
    } else if (tensor.shape.join() !== shape.join()) {
      misshaped.push(`${name} is [${tensor.shape.join(', ')}], expected [${shape.join(', ')}]`);
    }
  }
  if (missing.length + misshaped.length === 0) return;
  const problems = [
    ...(missing.length > 0 ? [`missing: ${firstFew(missing)}`] : []),
    ...(misshaped.length > 0 ? [`wrong shape: ${firstFew(misshaped)}`] : []),
  ];
  throw new ModelFileError(
    where,
    `the weights do not match the ${config.family} configuration; ${problems.join('; ')}. ` +
      'Check that config.json belongs to these weights and that the download is complete',
  );
}

function firstFew(items: readonly string[]): string {
  const rest = items.length - SHOWN;
  return items.slice(0, SHOWN).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
