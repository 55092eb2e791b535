import { Graph } from '@open-chatgpt/autodiff';
import { type Arrays, Program, Tensor } from '@open-chatgpt/runtime';
import { familyOf } from '../families/family-of';
import { type SequenceOptions, TrainingContext } from '../graph/training-context';
import { type Model, storesOf } from '../model/model';
import { batchSharding } from '../model/shard-model';
import { BlockSessions } from './block-sessions';
import type { ObjectiveContext } from './objective';
import type { ForwardProgram, TrainingOptions } from './training-program';

type Step = () => Promise<void>;

/** The hidden states between the blocks of a model, [B · T, D], which lie on its devices as its batches do. */
export function activation(model: Model, rows: { batch: number; length: number }): Tensor {
  const shape = [rows.batch * rows.length, model.config.hiddenSize];
  const tensor = Tensor.zeros('float32', shape);
  tensor.shard(batchSharding(model, rows)?.(shape) ?? null);
  return tensor;
}

/**
 * The programs from `inputIds` to the output of the last block.
 * @param inputs of all programs by name; those of the embedding and the blocks are added
 * @param activations the input of each block, then the output of the last; two that alternate are enough
 */
export function forwardSteps(
  model: Model,
  options: TrainingOptions,
  blocks: BlockSessions,
  inputs: Record<string, Tensor>,
  activations: readonly Tensor[],
): Step[] {
  const graph = new Graph();
  const context = new TrainingContext(graph, model, { ...options, gradients: false });
  const ids = graph.input('inputIds', 'int64', [context.tokens]);
  graph.output('x', familyOf(model.config).embed(context, ids));
  const embed = Program.compile(graph, {
    parameters: storesOf(model),
    inputs,
    outputs: { x: activations[0] },
    shardingOf: batchSharding(model, options),
  });
  Object.assign(inputs, embed.inputs);
  const runs = activations.slice(1).map((output, layer) => blocks.forward(layer, activations[layer], output));
  return [() => embed.run(), ...runs.map((run) => () => run.run())];
}

/** A forward pass block by block: of offloaded weights, those of one block are on the devices at a time. */
export function compileForwardBlocks(
  model: Model,
  outputs: (on: ObjectiveContext) => void,
  options: Omit<SequenceOptions, 'gradients' | 'dropout'>,
): ForwardProgram {
  const { batch, length } = options;
  const { numHiddenLayers: layers } = model.config;
  const inputs: Record<string, Tensor> = {};
  const pair = [activation(model, options), activation(model, options)];
  const activations = Array.from({ length: layers + 1 }, (_, layer) => pair[layer % 2]);
  const steps = forwardSteps(model, options, new BlockSessions(model, options, inputs), inputs, activations);

  const family = familyOf(model.config);
  const graph = new Graph();
  const context = new TrainingContext(graph, model, { ...options, gradients: false });
  const x = graph.input('x', 'float32', activations[layers].shape);
  const outputEmbedding = () => context.parameter(family.outputEmbedding(model.config));
  outputs({ context, batch, length, hidden: family.finish(context, x), outputEmbedding });
  const head = Program.compile(graph, {
    parameters: storesOf(model),
    inputs: { ...inputs, x: activations[layers] },
    shardingOf: batchSharding(model, options),
  });
  const { x: _activation, ...headInputs } = head.inputs;
  Object.assign(inputs, headInputs);
  return {
    inputs,
    outputs: head.outputs,
    feed: (arrays: Arrays) => Program.feed(inputs, arrays),
    run: async () => {
      for (const step of steps) await step();
      await head.run();
    },
  };
}
