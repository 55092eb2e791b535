import { elementCount, matmulFlops } from '@open-chatgpt/autodiff';
import {
  blocksOf,
  type Collectives,
  GpuCompiler,
  type GpuTarget,
  type Mesh,
  meshSize,
  type ParameterSpec,
  type Sharding,
} from '@open-chatgpt/runtime';
import type { ModelConfig } from '../config/model-config';
import { languageModelLoss } from '../heads/language-model-loss';
import { scoreLoss } from '../heads/scalar-head';
import type { LoraConfig } from '../lora/lora-config';
import { type ModelOutline, outlineModel } from '../model/model';
import { type MeshOption, type ModelShardings, rowSharding, shardingsOf } from '../model/shard-model';
import { stepGraphs } from './step-graphs';
import type { TrainingOptions } from './training-program';

const FLOAT_BYTES = 4;

/** A model to train on GPUs that are not here. */
export interface AheadOptions {
  config: ModelConfig;
  lora: LoraConfig | null;
  scalarHead: boolean;
  bf16: boolean;
  pass: Pick<TrainingOptions, 'batch' | 'length' | 'gradientCheckpointing'>;
  mesh: MeshOption;
  target: GpuTarget;
  devices: number;
}

/** A training step on one device of a mesh. Bytes are those that the compiler counted, or follow from the shardings. */
export interface StepAhead {
  mesh: Mesh;
  bytes: { weights: number; gradients: number; moments: number; activations: number };
  /** Of one forward and backward pass. */
  collectives: Collectives;
  /** Products of matrices in one pass. */
  flops: number;
  /** The least possible time of a pass: of its products at the peak rate, and of its collectives at the rate of the links. */
  seconds: { products: number; collectives: number };
  /** The compiler's work. */
  compileSeconds: number;
}

/**
 * Compiles the training step of a model for a mesh of GPUs, without a GPU and without memory for the model.
 * @throws Error when the mesh does not fit the devices or the model, MachineError when the compiler is not installed
 */
export function compileStepAhead(options: AheadOptions): StepAhead {
  const { config, lora, scalarHead, bf16, pass, target } = options;
  const model = { ...outlineModel(config, { lora, scalarHead }), bf16 };
  const shardings = shardingsOf(config, options.mesh, options.devices);
  const { mesh } = shardings;
  const compiler = new GpuCompiler(target, meshSize(mesh));
  const graphs = stepGraphs(model, scalarHead ? scoreLoss : languageModelLoss, pass);
  const compiled = graphs.map(({ graph, runs }) => ({
    runs,
    flops: matmulFlops(graph) * runs,
    ...compiler.compile(graph, mesh, shardingIn(model, shardings, pass)),
  }));
  const collectives: Record<string, { count: number; bytes: number }> = {};
  for (const { runs, collectives: found } of compiled)
    for (const [kind, { count, bytes }] of Object.entries(found)) {
      const known = collectives[kind] ?? { count: 0, bytes: 0 };
      collectives[kind] = { count: known.count + runs * count, bytes: known.bytes + runs * bytes };
    }
  const flops = compiled.reduce((total, one) => total + one.flops, 0) / meshSize(mesh);
  const exchanged = Object.values(collectives).reduce((total, { bytes }) => total + bytes, 0);
  const temporary = Math.max(...compiled.map(({ memory }) => memory.temporary));
  return {
    mesh,
    bytes: {
      ...parameterBytes(model, shardings),
      activations: temporary + keptBytes(config, mesh, pass),
    },
    collectives,
    flops,
    seconds: {
      products: flops / target.flopsPerSecond[bf16 ? 'bfloat16' : 'float32'],
      collectives: exchanged / target.linkBytesPerSecond,
    },
    compileSeconds: compiled.reduce((total, { seconds }) => total + seconds, 0),
  };
}

/** Weights and gradients lie as their parameter does; rows of the batch are divided. */
function shardingIn(model: ModelOutline, shardings: ModelShardings, pass: AheadOptions['pass']) {
  const rows = rowSharding(shardings.mesh, pass);
  return (name: string, shape: readonly number[]): Sharding | null => {
    const parameter = name.replace(/^gradient:/, '');
    const known = model.trained.has(parameter) || model.frozen?.has(parameter);
    if (!known) return rows(shape);
    return shardings.of({ name: parameter, shape })[parameter === name ? 'weights' : 'gradients'];
  };
}

function parameterBytes({ trained, frozen }: ModelOutline, shardings: ModelShardings) {
  const bytes = (specs: ParameterSpec[], what: 'weights' | 'gradients' | 'moments') =>
    specs.reduce((total, spec) => {
      const [block] = blocksOf(spec.shape, shardings.of(spec)[what]);
      return total + FLOAT_BYTES * elementCount(block.sizes);
    }, 0);
  const all = (shapes: ModelOutline['trained'] | null) =>
    (shapes?.names ?? []).map((name) => shapes!.get(name));
  return {
    weights: bytes([...all(trained), ...all(frozen)], 'weights'),
    gradients: bytes(all(trained), 'gradients'),
    moments: 2 * bytes(all(trained), 'moments'),
  };
}

/** With gradient checkpointing, the inputs of all blocks and two gradients stay in memory between the programs. */
function keptBytes(
  { numHiddenLayers, hiddenSize }: ModelConfig,
  mesh: Mesh,
  pass: AheadOptions['pass'],
): number {
  if (!pass.gradientCheckpointing) return 0;
  const parts = pass.batch % (mesh.data * mesh.fsdp) === 0 ? mesh.data * mesh.fsdp : 1;
  return ((numHiddenLayers + 3) * pass.batch * pass.length * hiddenSize * FLOAT_BYTES) / parts;
}
