import { elementCount } from '@open-chatgpt/autodiff';
import { blocksOf, type ParameterShapes, type ParameterShardings } from '@open-chatgpt/runtime';
import type { ModelConfig } from '../config/model-config';
import type { LoraConfig } from '../lora/lora-config';
import { outlineModel } from '../model/model';
import { type MeshOption, shardingsOf } from '../model/shard-model';

const FLOAT_BYTES = 4;

/** A model in the memory of the devices. */
export interface ResidentModel {
  lora: LoraConfig | null;
  scalarHead: boolean;
  /** With gradients and the two moments of Adam. */
  trained: boolean;
}

export interface ResidentBytes {
  weights: number;
  gradients: number;
  moments: number;
}

/**
 * Bytes on each device of the models of a stage, by their shardings. All adapters share one base.
 * @param base whether the base is there beside the models, as a reference; adapters need it anyway
 * @throws Error when the mesh needs more than `devices`, or does not divide the heads of the model
 */
export function residentBytes(
  config: ModelConfig,
  models: readonly ResidentModel[],
  { mesh, devices, base }: { mesh: MeshOption; devices: number; base: boolean },
): ResidentBytes {
  const shardings = shardingsOf(config, mesh, devices);
  const bytes = (shapes: ParameterShapes, what: keyof ParameterShardings) =>
    shapes.names.reduce((total, name) => {
      const spec = shapes.get(name);
      const [block] = blocksOf(spec.shape, shardings.of(spec)[what]);
      return total + FLOAT_BYTES * elementCount(block.sizes);
    }, 0);
  const own = models.map(({ trained, ...model }) => ({
    shapes: outlineModel(config, model).trained,
    trained,
  }));
  const needsBase = base || models.some(({ lora }) => lora !== null);
  const all = needsBase
    ? [outlineModel(config, {}).trained, ...own.map(({ shapes }) => shapes)]
    : own.map(({ shapes }) => shapes);
  const trained = own.filter((one) => one.trained).map(({ shapes }) => shapes);
  const sum = (list: readonly ParameterShapes[], what: keyof ParameterShardings) =>
    list.reduce((total, shapes) => total + bytes(shapes, what), 0);
  return {
    weights: sum(all, 'weights'),
    gradients: sum(trained, 'gradients'),
    moments: 2 * sum(trained, 'moments'),
  };
}
