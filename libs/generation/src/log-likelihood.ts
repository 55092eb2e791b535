import type { Decoder } from './decoder/decoder';

export interface LogLikelihood {
  /** Σ log p(token | the tokens before it in its window), in nats. */
  sum: number;
  /** Number of predicted tokens: all but the first of each window. */
  count: number;
}

/**
 * The log-likelihood of windows of tokens of one length, by the graphs and the weights of generation: each token is decoded after
 * the ones before it.
 */
export async function logLikelihood(
  decoder: Decoder,
  windows: readonly (readonly number[])[],
): Promise<LogLikelihood> {
  const [rows, length] = [windows.length, windows[0].length];
  const { vocabSize } = decoder.config;
  const workspace = decoder.createWorkspace();
  workspace.reserve(rows, length);
  const head = workspace.head(rows);
  head.inverseTemperature.floats.fill(1);
  let sum = 0;
  for (let t = 0; t + 1 < length; t++) {
    if (t === 0)
      await workspace.prefill(
        0,
        windows.map((window) => [window[0]]),
      );
    else
      await workspace.decode(
        windows.map((window) => window[t]),
        Array<number>(rows).fill(t),
      );
    const { floats } = (await head.run('probabilities')).probabilities!;
    windows.forEach((window, row) => {
      sum += Math.log(floats[row * vocabSize + window[t + 1]]);
    });
  }
  return { sum, count: rows * (length - 1) };
}
