import { elementCount, liveNodes } from '@open-chatgpt/autodiff';
import { blockSizes, type ParameterShardings, type ParameterSpec } from '@open-chatgpt/runtime';
import type { ModelConfig } from '../config/model-config';
import type { LoraConfig } from '../lora/lora-config';
import { hasParameter, type ModelOutline, outlineModel, specOf } from '../model/model';
import type { OffloadOption } from '../model/offload-model';
import { type MeshOption, shardingsOf } from '../model/shard-model';
import { lossOf, stepGraphs } from './step-graphs';

const FLOAT_BYTES = 4;

/** The parameters that a program reads do not depend on the rows. */
const ANY_ROWS = { batch: 1, length: 2 };

/** A model in the memory of the devices. */
export interface ResidentModel {
  lora: LoraConfig | null;
  scalarHead: boolean;
  /** With gradients and the two moments of Adam. */
  trained: boolean;
}

/** Bytes of the models of a stage, on each device but for `host`. */
export interface ResidentBytes {
  /** With `offloadParam` those that one program of a training step reads at most: they are there while it runs. */
  weights: number;
  gradients: number;
  /** With `offloadOptimizer` those of the largest parameter: they are there during its update. */
  moments: number;
  /** Weights that a program for answers reads: all of a trained language model. */
  answering: number;
  /** What is offloaded, whole in the memory of each process. */
  host: { weights: number; moments: number };
}

export interface ResidentOptions extends OffloadOption {
  mesh: MeshOption;
  devices: number;
  /** Whether the base is there beside the models, as a reference; adapters need it anyway. */
  base: boolean;
}

/**
 * Bytes of the models of a stage, by their shardings. All adapters share one base.
 * @throws Error when the mesh needs more than `devices`, or does not divide the heads of the model
 */
export function residentBytes(
  config: ModelConfig,
  models: readonly ResidentModel[],
  { mesh, devices, base, offloadOptimizer, offloadParam }: ResidentOptions,
): ResidentBytes {
  const shardings = shardingsOf(config, mesh, devices);
  const bytesOf = (spec: ParameterSpec, what: keyof ParameterShardings) =>
    FLOAT_BYTES * elementCount(blockSizes(spec.shape, shardings.of(spec)[what]));
  const sum = (specs: readonly ParameterSpec[], what: keyof ParameterShardings) =>
    specs.reduce((total, spec) => total + bytesOf(spec, what), 0);
  const whole = (specs: readonly ParameterSpec[]) =>
    specs.reduce((total, { shape }) => total + FLOAT_BYTES * elementCount(shape), 0);

  const outlines = models.map(({ trained, ...model }) => ({ model: outlineModel(config, model), trained }));
  const needsBase = base || models.some(({ lora }) => lora !== null);
  const all = [...(needsBase ? [outlineModel(config, {})] : []), ...outlines.map(({ model }) => model)];
  const weights = all.flatMap(trainedOf);
  const learners = outlines.flatMap(({ model, trained }) => (trained ? [model] : []));
  const trained = learners.flatMap(trainedOf);
  const policies = learners.filter(({ scalarHead }) => !scalarHead);
  const [farWeights, farMoments] = [offloadParam === 'cpu', offloadOptimizer === 'cpu'];
  return {
    weights: farWeights
      ? Math.max(...all.flatMap(programsOf).map((specs) => sum(specs, 'weights')))
      : sum(weights, 'weights'),
    gradients: sum(trained, 'gradients'),
    moments:
      2 *
      (farMoments ? Math.max(...trained.map((spec) => bytesOf(spec, 'moments'))) : sum(trained, 'moments')),
    answering: Math.max(
      0,
      ...policies.map((model) => sum([...trainedOf(model), ...frozenOf(model)], 'weights')),
    ),
    host: { weights: farWeights ? whole(weights) : 0, moments: farMoments ? 2 * whole(trained) : 0 },
  };
}

const trainedOf = ({ trained }: ModelOutline) => trained.names.map((name) => trained.get(name));
const frozenOf = ({ frozen }: ModelOutline) => frozen?.names.map((name) => frozen.get(name)) ?? [];

/** The parameters that each program of a training step reads, block by block. */
function programsOf(model: ModelOutline): ParameterSpec[][] {
  return stepGraphs(model, lossOf(model), { ...ANY_ROWS, gradientCheckpointing: true }).map(({ graph }) =>
    liveNodes(graph)
      .inputs.filter(({ name }) => hasParameter(model, name))
      .map(({ name }) => specOf(model, name)),
  );
}
