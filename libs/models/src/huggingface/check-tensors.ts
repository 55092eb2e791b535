import { expectedTensors } from '@open-chatgpt/sizing';
import type { ModelConfig } from '../config/model-config';
import { ModelFileError } from '../weights/model-file-error';
import type { TensorInfo } from '../weights/weight-source';

const SHOWN = 5;

/**
 * Checks that every weight of the configuration is present with its shape. A model with a `score.weight` (a sequence
 * classifier, the format of reward models) needs no `lm_head.weight`.
 *
 * @param warn receives the weights of the file that the configuration does not use
 * @throws ModelFileError that lists the first few missing and mis-shaped names
 */
export function checkTensors(
  config: ModelConfig,
  tensors: readonly TensorInfo[],
  where: string,
  warn: (message: string) => void,
): void {
  // Each layer has several tensors. The list of a number that the file cannot hold is never made.
  if (config.numHiddenLayers > tensors.length)
    throw new ModelFileError(
      where,
      `the configuration has ${config.numHiddenLayers} layers (num_hidden_layers), the file has ${tensors.length} tensors. ` +
        'Check that config.json belongs to these weights',
    );
  const found = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const isClassifier = found.has('score.weight');
  const missing: string[] = [];
  const misshaped: string[] = [];
  const unused = new Set(found.keys());
  for (const { name, shape } of expectedTensors(config)) {
    unused.delete(name);
    const tensor = found.get(name);
    if (!tensor) {
      if (!(isClassifier && name === 'lm_head.weight')) missing.push(name);
    } else if (tensor.shape.join() !== shape.join()) {
      misshaped.push(`${name} is [${tensor.shape.join(', ')}], expected [${shape.join(', ')}]`);
    }
  }
  if (missing.length + misshaped.length === 0) {
    unused.delete('score.weight');
    if (unused.size > 0)
      warn(
        `${where}: the ${config.family} configuration does not use ${firstFew([...unused])}; they have no effect`,
      );
    return;
  }
  const problems = [
    ...(missing.length > 0 ? [`missing: ${firstFew(missing)}`] : []),
    ...(misshaped.length > 0 ? [`wrong shape: ${firstFew(misshaped)}`] : []),
  ];
  const untied = missing.length === 1 && missing[0] === 'lm_head.weight' && misshaped.length === 0;
  if (untied)
    throw new ModelFileError(
      where,
      'missing: lm_head.weight, which the configuration does not tie to the embeddings. Set "tie_word_embeddings": true in ' +
        'config.json if the model was saved so, or download the weights again',
    );
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
