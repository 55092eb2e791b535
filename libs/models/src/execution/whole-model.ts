import { Graph } from '@open-chatgpt/autodiff';
import { GradientProgram, Program } from '@open-chatgpt/runtime';
import { familyOf } from '../families/family-of';
import { type SequenceOptions, TrainingContext } from '../graph/training-context';
import { type Model, type ModelOutline, storesOf } from '../model/model';
import { batchSharding } from '../model/shard-model';
import type { Objective, ObjectiveContext } from './objective';
import type { ForwardProgram, TrainingOptions, TrainingProgram } from './training-program';

/** The fast path: the whole model, loss and gradients in one graph. */
export function compileWholeModel(
  model: Model,
  objective: Objective,
  options: TrainingOptions,
): TrainingProgram {
  const { graph, on } = buildForward(model, options);
  const loss = objective(on);
  graph.output('loss', loss);
  return GradientProgram.compile(graph, [[loss, graph.scalar(1)]], {
    store: model.trained,
    parameters: storesOf(model),
    accumulate: options.accumulate,
    shardingOf: batchSharding(model, options),
  });
}

/** A forward pass as one program. `outputs` declares the outputs. */
export function compileWholeForward(
  model: Model,
  outputs: (on: ObjectiveContext) => void,
  options: Omit<SequenceOptions, 'gradients' | 'dropout'>,
): ForwardProgram {
  const { graph, on } = buildForward(model, { ...options, gradients: false });
  outputs(on);
  return Program.compile(graph, { parameters: storesOf(model), shardingOf: batchSharding(model, options) });
}

export function buildForward(
  model: ModelOutline,
  options: SequenceOptions,
): { graph: Graph; on: ObjectiveContext } {
  const graph = new Graph();
  const context = new TrainingContext(graph, model, options);
  const family = familyOf(model.config);
  const inputIds = graph.input('inputIds', 'int64', [context.tokens]);
  let x = family.embed(context, inputIds);
  for (let layer = 0; layer < model.config.numHiddenLayers; layer++) x = family.block(context, x, layer);
  const outputEmbedding = () => context.parameter(family.outputEmbedding(model.config));
  const { batch, length } = options;
  return { graph, on: { context, batch, length, hidden: family.finish(context, x), outputEmbedding } };
}
