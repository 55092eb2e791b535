import { matmulFlops } from '@open-chatgpt/autodiff';
import {
  type Collectives,
  type CompiledAhead,
  GpuCompiler,
  type GpuTarget,
  type Mesh,
  meshSize,
  type Sharding,
} from '@open-chatgpt/runtime';
import type { ModelConfig } from '../config/model-config';
import type { LoraConfig } from '../lora/lora-config';
import { type ModelOutline, outlineModel } from '../model/model';
import {
  type MeshOption,
  type ModelShardings,
  rowParts,
  rowSharding,
  shardingsOf,
} from '../model/shard-model';
import { lossOf, type StepGraph, stepGraphs } from './step-graphs';
import type { TrainingOptions } from './training-program';

const FLOAT_BYTES = 4;

/** Depths that are compiled in place of all layers, where one program of all is not what the stage executes. */
const [SHALLOW, DEEP] = [2, 4];

/** A model to train on GPUs that are not here. */
export interface AheadOptions {
  config: ModelConfig;
  lora: LoraConfig | null;
  scalarHead: boolean;
  bf16: boolean;
  pass: Pick<TrainingOptions, 'batch' | 'length' | 'gradientCheckpointing'>;
  mesh: MeshOption;
  devices: number;
}

/** A training step on one device of a mesh, as the compiler counted it. */
export interface StepAhead {
  mesh: Mesh;
  /** Bytes of what the backward pass needs of the forward pass, and all other temporary memory. */
  activations: number;
  /** Of one forward and backward pass. */
  collectives: Collectives;
  /** Products of matrices in one pass. */
  flops: number;
  /** The least possible time of a pass: of its products at the peak rate, and of its collectives at the rate of the links. */
  seconds: { products: number; collectives: number };
}

/** Bytes of activations on a device for each token of a pass, with and without gradient checkpointing. */
export interface TokenBytes {
  checkpointing: number;
  whole: number;
}

/** Compiles training steps for GPUs that are not here, and without memory for the model. */
export class AheadCompiler {
  private readonly compiler: GpuCompiler;

  /** @throws MachineError when the compiler is not installed */
  constructor(private readonly target: GpuTarget) {
    this.compiler = new GpuCompiler(target);
  }

  /** That the compiler has worked. */
  get seconds(): number {
    return this.compiler.seconds;
  }

  /** @throws Error when the mesh does not fit the devices or the model */
  step(options: AheadOptions): StepAhead {
    const { config, pass } = options;
    const { model, shardings, graphs } = this.outline(options);
    const { mesh } = shardings;
    const compiled = graphs.map((graph) => ({
      ...graph,
      ...this.compile(graph, model, shardings, pass),
    }));
    const collectives: Record<string, { count: number; bytes: number }> = {};
    for (const { runs, collectives: found } of compiled)
      for (const [kind, { count, bytes }] of Object.entries(found)) {
        const known = collectives[kind] ?? { count: 0, bytes: 0 };
        collectives[kind] = { count: known.count + runs * count, bytes: known.bytes + runs * bytes };
      }
    const flops =
      compiled.reduce((total, { graph, runs }) => total + matmulFlops(graph) * runs, 0) / meshSize(mesh);
    const exchanged = Object.values(collectives).reduce((total, { bytes }) => total + bytes, 0);
    const temporary = Math.max(...compiled.map(({ memory }) => memory.temporary));
    return {
      mesh,
      activations: temporary + (pass.gradientCheckpointing ? keptBytes(config, mesh, pass) : 0),
      collectives,
      flops,
      seconds: {
        products: flops / this.target.flopsPerSecond[options.bf16 ? 'bfloat16' : 'float32'],
        collectives: exchanged / this.target.linkBytesPerSecond,
      },
    };
  }

  /**
   * What activations take for each token of a pass whose rows the devices divide, from programs for as many tokens as the pass has. A
   * part of it does not grow with the tokens, so more fit than this says. Without gradient checkpointing, a model that is deeper
   * than `DEEP` layers and whose stage has set gradient checkpointing is not compiled whole: each further layer takes as
   * much as the last ones of `DEEP`.
   */
  tokenBytes(options: AheadOptions): TokenBytes {
    const { pass } = options;
    const { mesh } = this.outline(options).shardings;
    const parts = mesh.data * mesh.fsdp;
    const batch = Math.ceil(pass.batch / parts) * parts;
    const tokens = batch * pass.length;
    const bytes = (gradientCheckpointing: boolean, numHiddenLayers: number) => {
      const config = { ...options.config, numHiddenLayers };
      return this.step({ ...options, config, pass: { ...pass, batch, gradientCheckpointing } }).activations;
    };
    const layers = options.config.numHiddenLayers;
    const whole = () => {
      if (!pass.gradientCheckpointing || layers <= DEEP) return bytes(false, layers);
      const [shallow, deep] = [SHALLOW, DEEP].map((depth) => bytes(false, depth));
      return deep + ((layers - DEEP) * (deep - shallow)) / (DEEP - SHALLOW);
    };
    return { checkpointing: bytes(true, layers) / tokens, whole: whole() / tokens };
  }

  private outline({ config, lora, scalarHead, bf16, pass, mesh, devices }: AheadOptions) {
    const shardings = shardingsOf(config, mesh, devices);
    const model = { ...outlineModel(config, { lora, scalarHead }, shardings.mesh), bf16 };
    return { model, shardings, graphs: stepGraphs(model, lossOf(model), pass) };
  }

  private compile(
    { graph }: StepGraph,
    model: ModelOutline,
    shardings: ModelShardings,
    pass: AheadOptions['pass'],
  ): CompiledAhead {
    return this.compiler.compile(graph, shardings.mesh, shardingIn(model, shardings, pass));
  }
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

/** With gradient checkpointing, the inputs of all blocks and two gradients stay in memory between the programs. */
function keptBytes(
  { numHiddenLayers, hiddenSize }: ModelConfig,
  mesh: Mesh,
  pass: AheadOptions['pass'],
): number {
  return (
    ((numHiddenLayers + 3) * pass.batch * pass.length * hiddenSize * FLOAT_BYTES) / rowParts(mesh, pass.batch)
  );
}
