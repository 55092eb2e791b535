import { selectRows, type Value } from '@open-chatgpt/autodiff';
import type { PaddedBatch } from '@open-chatgpt/datasets';
import { type ObjectiveContext, scalarHead } from '@open-chatgpt/models';

/** The scalar head at each row's last token: [B, 1]. Adds the inputs `lastTokens` [B] and `lastTokensInverse` [N]. */
export function scoreLastTokens({ context, hidden, batch }: ObjectiveContext): Value {
  const rows = context.graph.input('lastTokens', 'int64', [batch]);
  const inverse = context.graph.input('lastTokensInverse', 'int64', [context.tokens]);
  return scalarHead(context, selectRows(hidden, rows, inverse));
}

/** Where each row's last token lies among the batch's N = B·T. */
export function lastTokenInputs({ batchSize, length, lengths }: PaddedBatch) {
  const lastTokens = BigInt64Array.from(lengths, (used, row) => BigInt(row * length + used - 1));
  const lastTokensInverse = new BigInt64Array(batchSize * length).fill(BigInt(batchSize));
  lastTokens.forEach((position, row) => {
    lastTokensInverse[Number(position)] = BigInt(row);
  });
  return { lastTokens, lastTokensInverse };
}
