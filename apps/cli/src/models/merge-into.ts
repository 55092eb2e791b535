import {
  type AdapterFiles,
  linearModules,
  loraA,
  loraB,
  type ModelFiles,
  mergeAdapter,
} from '@open-chatgpt/models';

/**
 * Returns a function that merges the adapter into a tensor of its base, in place.
 * @throws Error when the adapter belongs to another model, or contains whole modules
 */
export function mergeInto(
  { config }: ModelFiles,
  adapter: AdapterFiles,
  where: string,
): (name: string, data: Float32Array) => Promise<void> {
  if (adapter.modulesToSave.length > 0) {
    throw new Error(
      `${where}: the adapter contains whole modules (${adapter.modulesToSave.join(', ')}), which the base does not have; ` +
        'only an adapter of a language model can be merged',
    );
  }
  const modules = new Map(linearModules(config).map((module) => [`${module.name}.weight`, module]));
  const shapes = new Map(adapter.weights.tensors().map(({ name, shape }) => [name, shape]));
  const known = new Set([...modules.values()].flatMap(({ name }) => [loraA(name), loraB(name)]));
  const unknown = [...shapes.keys()].find((name) => !known.has(name));
  if (unknown)
    throw new Error(
      `${where}: "${unknown}" matches no layer of the base; is it the adapter of another model?`,
    );
  const { r, loraAlpha } = adapter.config;
  for (const { name, inFeatures, outFeatures } of modules.values()) {
    const [a, b] = [shapes.get(loraA(name)), shapes.get(loraB(name))];
    if (a && b && (a[1] !== inFeatures || b[0] !== outFeatures)) {
      throw new Error(
        `${where}: the adapter of ${name} is for a layer from ${a[1]} to ${b[0]}, the base has ${inFeatures} to ${outFeatures}; ` +
          'is it the adapter of another model?',
      );
    }
  }
  return async (name, data) => {
    const module = modules.get(name);
    if (!module || !shapes.has(loraA(module.name))) return;
    const a = new Float32Array(r * module.inFeatures);
    const b = new Float32Array(module.outFeatures * r);
    await adapter.weights.read(loraA(module.name), a);
    await adapter.weights.read(loraB(module.name), b);
    mergeAdapter(data, data, a, b, module, loraAlpha / r, config.family === 'gpt2');
  };
}
