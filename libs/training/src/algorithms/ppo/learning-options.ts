/** Options of both learners, of the policy and of the value model: the number of updates, and the longest row. */
export function learningOptions<
  T extends {
    iterations: number;
    numPpoEpochs: number;
    numMiniBatches: number;
    maxPromptLength: number;
    responseLength: number;
  },
>(config: T) {
  const { iterations, numPpoEpochs, numMiniBatches, maxPromptLength, responseLength } = config;
  return {
    ...config,
    totalUpdates: iterations * numPpoEpochs * numMiniBatches,
    maxLength: maxPromptLength + responseLength,
  };
}
