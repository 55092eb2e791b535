import { attribute, Graph, type Value } from '@open-chatgpt/autodiff';
import { familyOf, type Model } from '@open-chatgpt/models';
import { DecodingContext, type DecodingOptions, type ProductLayout } from './decoding-context';

/**
 * The model from token ids [N] to the logits after each row's last token [B, V], with the inputs and outputs of the cache.
 * `lastTokens` [B] int64 holds the index in N of each row's last token.
 */
export function bodyGraph(model: Model, options: DecodingOptions, layout: ProductLayout): Graph {
  const graph = new Graph();
  const context = new DecodingContext(graph, model, options, layout);
  const family = familyOf(model.config);
  let x = family.embed(context, graph.input('inputIds', 'int64', [context.tokens]));
  for (let layer = 0; layer < model.config.numHiddenLayers; layer++) x = family.block(context, x, layer);
  const last = selectRows(x, graph.input('lastTokens', 'int64', ['B']));
  const hidden = family.finish(context, last);
  graph.output('logits', context.product(hidden, family.outputEmbedding(model.config)));
  return graph;
}

function selectRows(x: Value, rows: Value): Value {
  const shape = [rows.shape[0], x.shape[1]];
  return x.graph.node('Gather', [x, rows], { axis: attribute.int(0) }, [{ shape }])[0];
}
