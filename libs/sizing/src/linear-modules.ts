import { type ExpectedTensor, expectedTensors } from './expected-tensors';
import type { ModelShape } from './model-shape';

/** A linear module with its sizes. */
export interface LinearModule {
  name: string;
  inFeatures: number;
  outFeatures: number;
}

/** The linear modules inside the transformer blocks, by name. */
export function linearModules(config: ModelShape): LinearModule[] {
  const inputMajor = config.family === 'gpt2';
  const inBlocks = ({ name, shape }: ExpectedTensor) =>
    shape.length === 2 && /\.(h|layers)\.\d+\./.test(name);
  return expectedTensors(config)
    .filter(inBlocks)
    .map(({ name, shape: [first, second] }) => ({
      name: name.replace(/\.weight$/, ''),
      inFeatures: inputMajor ? first : second,
      outFeatures: inputMajor ? second : first,
    }));
}

/**
 * The modules that `targetModules` selects.
 * @throws Error naming a target without a module, and the possible targets
 */
export function adaptedModules(
  config: ModelShape,
  { targetModules }: { readonly targetModules: readonly string[] },
): LinearModule[] {
  const modules = linearModules(config);
  if (targetModules.length === 1 && targetModules[0] === 'all-linear') return modules;
  const matches = (module: LinearModule, target: string) =>
    module.name === target || module.name.endsWith(`.${target}`);
  for (const target of targetModules) {
    if (!modules.some((module) => matches(module, target))) {
      const known = [...new Set(modules.map(({ name }) => name.slice(name.lastIndexOf('.') + 1)))].join(', ');
      throw new Error(`lora.targetModules: this model has no linear module "${target}"; it has ${known}`);
    }
  }
  return modules.filter((module) => targetModules.some((target) => matches(module, target)));
}
