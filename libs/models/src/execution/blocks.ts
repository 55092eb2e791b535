import { Graph } from '@open-chatgpt/autodiff';
import { type Arrays, GradientProgram, Program, type Tensor } from '@open-chatgpt/runtime';
import { familyOf } from '../families/family-of';
import { TrainingContext } from '../graph/training-context';
import { type Model, storesOf } from '../model/model';
import { batchSharding } from '../model/shard-model';
import { BlockSessions } from './block-sessions';
import { activation, forwardSteps } from './forward-blocks';
import type { Objective } from './objective';
import type { TrainingOptions, TrainingProgram } from './training-program';

/**
 * The memory-saving path (gradient checkpointing, Chen et al. 2016, https://arxiv.org/abs/1604.06174): one forward and
 * one backward session for all blocks. Keeps only the input of each block and recomputes the rest in the backward pass.
 */
export function compileBlocks(model: Model, objective: Objective, options: TrainingOptions): TrainingProgram {
  return new BlockProgram(model, objective, options);
}

class BlockProgram implements TrainingProgram {
  readonly inputs: Record<string, Tensor> = {};
  readonly outputs: Readonly<Record<string, Tensor>>;
  private readonly steps: (() => Promise<void> | void)[] = [];

  constructor(model: Model, objective: Objective, options: TrainingOptions) {
    const { numHiddenLayers: layers, hiddenSize } = model.config;
    const { batch, length, accumulate = false } = options;
    const family = familyOf(model.config);
    const parameters = storesOf(model);
    const shape = [batch * length, hiddenSize];
    const shardingOf = batchSharding(model, options);
    const activations = Array.from({ length: layers + 1 }, () => activation(model, options));
    // Two buffers alternate: the gradient of a block's input overwrites the gradient of the next block's output.
    const gradients = [activation(model, options), activation(model, options)];
    const gradientAt = (layer: number) => gradients[layer % 2];
    const blocks = new BlockSessions(model, options, this.inputs);
    const forward = forwardSteps(model, options, blocks, this.inputs, activations);

    const headGraph = new Graph();
    const headContext = new TrainingContext(headGraph, model, options);
    const x = headGraph.input('x', 'float32', shape, true);
    const outputEmbedding = () => headContext.parameter(family.outputEmbedding(model.config));
    const loss = objective({
      context: headContext,
      batch,
      length,
      hidden: family.finish(headContext, x),
      outputEmbedding,
    });
    headGraph.output('loss', loss);
    const head = GradientProgram.compile(headGraph, [[loss, headGraph.scalar(1)]], {
      store: model.trained,
      parameters,
      accumulate,
      gradientsOf: [x],
      inputs: { ...this.inputs, x: activations[layers] },
      outputs: { 'gradient:x': gradientAt(layers) },
      shardingOf,
    });
    const { x: _activation, ...headInputs } = head.inputs;
    Object.assign(this.inputs, headInputs);
    this.outputs = head.outputs;

    const backward = activations.slice(1).map((_, layer) => {
      return blocks.backward(layer, activations[layer], gradientAt(layer + 1), gradientAt(layer));
    });

    this.steps.push(...forward);
    if (!accumulate) this.steps.push(...clearEmbeddings(model));
    this.steps.push(() => head.run());
    for (const block of backward.reverse()) this.steps.push(() => block.run());
    if (family.embeddingNames(model.config).some((name) => model.trained.has(name))) {
      const graph = new Graph();
      const ids = graph.input('inputIds', 'int64', [batch * length]);
      const y = family.embed(new TrainingContext(graph, model, options), ids);
      const dy = graph.input('dy', 'float32', shape);
      const embedBackward = GradientProgram.compile(graph, [[y, dy]], {
        store: model.trained,
        parameters,
        accumulate: true,
        inputs: { ...this.inputs, dy: gradientAt(0) },
      });
      this.steps.push(() => embedBackward.run());
    }
  }

  feed(arrays: Arrays): void {
    Program.feed(this.inputs, arrays);
  }

  scalar(name: string): number {
    return this.outputs[name].floats[0];
  }

  async run(): Promise<void> {
    for (const step of this.steps) await step();
  }
}

/** The last step accumulates the gradients of the embeddings, so they start at zero unless the head overwrites them. */
function clearEmbeddings(model: Model): (() => void)[] {
  const family = familyOf(model.config);
  return family
    .embeddingNames(model.config)
    .filter((name) => model.trained.has(name))
    .map((name) => () => model.trained.gradient(name).clear());
}
