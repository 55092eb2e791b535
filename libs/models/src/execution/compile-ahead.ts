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
import { languageModelLoss } from '../heads/language-model-loss';
import { scoreLoss } from '../heads/scalar-head';
import type { LoraConfig } from '../lora/lora-config';
import { type ModelOutline, outlineModel } from '../model/model';
import { type MeshOption, type ModelShardings, rowSharding, shardingsOf } from '../model/shard-model';
import { type StepGraph, stepGraphs } from './step-graphs';
import type { TrainingOptions } from './training-program';

const FLOAT_BYTES = 4;

/** Layers that are compiled in place of all, where one program of all is not what the stage executes. */
const FIRST_LAYERS = 4;

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

/** Bytes of activations on a device as a line: `fixed + perToken × tokens` of a pass. */
export interface ActivationLine {
  fixed: number;
  perToken: number;
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
   * How activations grow with the tokens of a pass, with and without gradient checkpointing: from the programs of gradient checkpointing
   * for the rows of the pass and twice as many, and from the whole model. With gradient checkpointing its first layers stand for all,
   * because each further layer keeps as much.
   */
  growth(options: AheadOptions): { checkpointing: ActivationLine; whole: ActivationLine } {
    const { config, pass } = options;
    const { mesh } = this.outline(options).shardings;
    // Rows that the devices do not divide are computed whole on each.
    const parts = mesh.data * mesh.fsdp;
    const batch = Math.ceil(pass.batch / parts) * parts;
    const [once, twice] = [batch, 2 * batch].map((rows) => this.parts(options, rows));
    const layers = config.numHiddenLayers;
    const compiled = pass.gradientCheckpointing ? Math.min(layers, FIRST_LAYERS) : layers;
    const whole = this.temporaries({
      ...options,
      config: { ...config, numHiddenLayers: compiled },
      pass: { ...pass, batch, gradientCheckpointing: false },
    }).model;
    const layer = Math.max(0, whole - once.head) / compiled;
    const all = whole + (layers - compiled) * layer;
    const tokens = batch * pass.length;
    // Through the first point, which the compiler counted.
    const line = (first: number, second: number): ActivationLine => {
      const perToken = Math.max(1, Math.min(second - first, first) / tokens);
      return { fixed: Math.max(0, first - perToken * tokens), perToken };
    };
    const inBlocks = ({ embedding, head, block, kept }: typeof once) =>
      Math.max(embedding, head, block) + kept;
    return {
      checkpointing: line(inBlocks(once), inBlocks(twice)),
      whole: line(all, all + twice.head - once.head + layers * layer),
    };
  }

  /** Temporary bytes of the programs of gradient checkpointing that take the most, and what stays in memory between them. */
  private parts(options: AheadOptions, batch: number) {
    const pass = { ...options.pass, batch, gradientCheckpointing: true };
    const bytes = this.temporaries({ ...options, pass }, ['embedding', 'head', 'block backward']);
    const kept = keptBytes(options.config, this.outline(options).shardings.mesh, pass);
    return { embedding: bytes.embedding, head: bytes.head, block: bytes['block backward'], kept };
  }

  /** Temporary bytes of the programs of a step by name: all of them, or some. */
  private temporaries(options: AheadOptions, names?: readonly string[]): Record<string, number> {
    const { model, shardings, graphs } = this.outline(options);
    const some = graphs.filter(({ name }) => names?.includes(name) ?? true);
    const entries = some.map((graph) => {
      const { memory } = this.compile(graph, model, shardings, options.pass);
      return [graph.name, memory.temporary] as const;
    });
    return Object.fromEntries(entries);
  }

  private outline({ config, lora, scalarHead, bf16, pass, mesh, devices }: AheadOptions) {
    const model = { ...outlineModel(config, { lora, scalarHead }), bf16 };
    return {
      model,
      shardings: shardingsOf(config, mesh, devices),
      graphs: stepGraphs(model, scalarHead ? scoreLoss : languageModelLoss, pass),
    };
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
  const parts = pass.batch % (mesh.data * mesh.fsdp) === 0 ? mesh.data * mesh.fsdp : 1;
  return ((numHiddenLayers + 3) * pass.batch * pass.length * hiddenSize * FLOAT_BYTES) / parts;
}
