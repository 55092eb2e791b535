import { attribute, type Dim, type Value } from '@open-chatgpt/autodiff';
import { familyOf, type ModelContext } from '@open-chatgpt/models';

/**
 * Adds the model from token ids [N] to the logits after some of them, the output `logits` [L, V].
 * `lastTokens` [L] int64 holds their indices in N: usually each row's last token.
 * @param rows L @param project the product of hidden states [B, D] and the table [V, D] of this name
 */
export function buildBody(
  context: ModelContext,
  rows: Dim,
  project: (hidden: Value, outputEmbedding: string) => Value,
): void {
  const { graph, config } = context;
  const family = familyOf(config);
  let x = family.embed(context, graph.input('inputIds', 'int64', [context.tokens]));
  for (let layer = 0; layer < config.numHiddenLayers; layer++) x = family.block(context, x, layer);
  const hidden = family.finish(context, rowsAt(x, graph.input('lastTokens', 'int64', [rows])));
  graph.output('logits', project(hidden, family.outputEmbedding(config)));
}

function rowsAt(x: Value, rows: Value): Value {
  const shape = [rows.shape[0], x.shape[1]];
  return x.graph.node('Gather', [x, rows], { axis: attribute.int(0) }, [{ shape }])[0];
}
