import { backward, Graph, type Value } from '@open-chatgpt/autodiff';
import { wholeGradient } from '@open-chatgpt/runtime';
import { familyOf } from '../families/family-of';
import { TrainingContext } from '../graph/training-context';
import { languageModelLoss } from '../heads/language-model-loss';
import { scoreLoss } from '../heads/scalar-head';
import type { ModelOutline } from '../model/model';
import { backwardGraph, forwardGraph } from './block-sessions';
import type { Objective } from './objective';
import type { TrainingOptions } from './training-program';
import { buildForward } from './whole-model';

/** A graph of a training step, and how often a step runs it. */
export interface StepGraph {
  name: string;
  graph: Graph;
  runs: number;
}

/** The loss of a step that is compiled ahead: over tokens for DPO and PPO too, and a sum of scores for models with a scalar head. */
export const lossOf = ({ scalarHead }: Pick<ModelOutline, 'scalarHead'>): Objective =>
  scalarHead ? scoreLoss : languageModelLoss;

/**
 * The graphs that `compileTraining` makes for a device of XLA, without memory for the model: the whole model, or with
 * gradient checkpointing the embedding, one block forward and backward, and the head.
 */
export function stepGraphs(model: ModelOutline, objective: Objective, options: TrainingOptions): StepGraph[] {
  if (options.gradientCheckpointing) return blockGraphs(model, objective, options);
  const { graph, on } = buildForward(model, options);
  outputGradients(graph, objective(on), []);
  return [{ name: 'model', graph, runs: 1 }];
}

function blockGraphs(model: ModelOutline, objective: Objective, options: TrainingOptions): StepGraph[] {
  const { config } = model;
  const family = familyOf(config);
  const { batch, length } = options;
  const layers = config.numHiddenLayers;

  const embedding = new Graph();
  const ids = embedding.input('inputIds', 'int64', [batch * length]);
  embedding.output('x', family.embed(new TrainingContext(embedding, model, options), ids));

  const head = new Graph();
  const context = new TrainingContext(head, model, options);
  const x = head.input('x', 'float32', [batch * length, config.hiddenSize], true);
  const outputEmbedding = () => context.parameter(family.outputEmbedding(config));
  const loss = objective({ context, batch, length, hidden: family.finish(context, x), outputEmbedding });
  outputGradients(head, loss, [x]);

  return [
    { name: 'embedding', graph: embedding, runs: 1 },
    { name: 'block forward', graph: forwardGraph(model, options), runs: layers },
    { name: 'head', graph: head, runs: 1 },
    { name: 'block backward', graph: backwardGraph(model, options), runs: layers },
  ];
}

function outputGradients(graph: Graph, loss: Value, activations: readonly Value[]): void {
  graph.output('loss', loss);
  const trained = graph.inputs.filter(({ requiresGrad }) => requiresGrad);
  for (const [value, gradient] of backward([[loss, graph.scalar(1)]], trained)) {
    const whole = wholeGradient(value, gradient);
    if (whole) graph.output(`${activations.includes(value) ? 'd' : 'gradient:'}${value.name}`, whole);
  }
}
