import { linear, tokenLogProbs } from '@open-chatgpt/autodiff';
import { compileForward, type Model } from '@open-chatgpt/models';

/**
 * The logits of the training graph after a sequence, [V]: the reference without a cache. The graph is causal, so one
 * program of fixed length also computes shorter sequences.
 */
export function referenceLogits(
  model: Model,
  length: number,
  adapter = true,
): (tokens: readonly number[]) => Promise<Float32Array> {
  const program = compileForward(
    model,
    ({ context, hidden, outputEmbedding }) =>
      context.graph.output('logits', linear(hidden, outputEmbedding())),
    { batch: 1, length, adapter },
  );
  const { vocabSize } = model.config;
  return async (tokens) => {
    program.feed({ inputIds: BigInt64Array.from({ length }, (_, t) => BigInt(tokens[t] ?? 0)) });
    await program.run();
    return program.outputs.logits.floats.slice((tokens.length - 1) * vocabSize, tokens.length * vocabSize);
  };
}

/** The most probable tokens after a prompt. Runs the whole sequence again for each token. */
export async function greedyAnswer(
  model: Model,
  prompt: readonly number[],
  count: number,
  adapter = true,
): Promise<number[]> {
  const logitsAfter = referenceLogits(model, prompt.length + count, adapter);
  const tokens = [...prompt];
  for (let i = 0; i < count; i++) {
    const logits = await logitsAfter(tokens);
    tokens.push(logits.indexOf(Math.max(...logits)));
  }
  return tokens.slice(prompt.length);
}

/** The learner's log-probabilities of `answer` after `prompt`. */
export async function learnerLogProbs(
  model: Model,
  prompt: readonly number[],
  answer: readonly number[],
  temperature: number,
  adapter = true,
): Promise<Float32Array> {
  const tokens = [...prompt, ...answer];
  const program = compileForward(
    model,
    ({ context, hidden, outputEmbedding }) => {
      const labels = context.graph.input('labels', 'int64', [tokens.length]);
      const { logProbs } = tokenLogProbs(hidden, outputEmbedding(), labels, { temperature });
      context.graph.output('logProbs', logProbs);
    },
    { batch: 1, length: tokens.length, adapter },
  );
  program.feed({
    inputIds: BigInt64Array.from(tokens.map(BigInt)),
    labels: BigInt64Array.from([...tokens.slice(1), 0].map(BigInt)),
  });
  await program.run();
  return program.outputs.logProbs.floats.slice(prompt.length - 1, tokens.length - 1);
}
