const words = ['apple', 'river', 'stone', 'cloud', 'tiger', 'bread', 'house', 'green', 'seven', 'night'];

/** A few dozen short rows as JSON Lines, for SFT (adapter `alpaca`) and the reward model (`preference`). */
export function tinyRows(): string {
  const rows = words.flatMap((word, i) =>
    words.slice(0, 3).map((other) => ({
      instruction: `say ${word} not ${other} ${i}`,
      output: word,
      chosen: word,
      rejected: `${other} ${other}`,
    })),
  );
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

/**
 * What a pipeline file says that trains all three stages in a second or two.
 * @param path where the `tinyRows` lie
 */
export function tinyPipeline(path: string) {
  const dataset = (adapter: string) => ({ path, adapter, evalFraction: 0.2 });
  const common = { perDeviceTrainBatchSize: 4, loggingSteps: 1, evalSteps: 0 };
  return {
    name: 'tiny',
    seed: 7,
    threads: 1,
    model: {
      scratch: {
        hiddenSize: 32,
        intermediateSize: 64,
        numHiddenLayers: 1,
        numAttentionHeads: 2,
        maxPositionEmbeddings: 96,
        vocabSize: 1, // room for no merge: one token for each character
      },
    },
    sft: {
      ...common,
      dataset: dataset('alpaca'),
      maxSteps: 30,
      saveSteps: 4,
      learningRate: 0.003,
      maxLength: 64,
      evalSamples: 2,
    },
    reward: {
      ...common,
      dataset: dataset('preference'),
      maxSteps: 12,
      saveSteps: 5,
      learningRate: 0.001,
      maxLength: 64,
    },
    ppo: {
      ...common,
      prompts: dataset('alpaca'),
      iterations: 4,
      rolloutBatchSize: 8,
      localRolloutForwardBatchSize: 8,
      numPpoEpochs: 2,
      temperature: 1,
      responseLength: 8,
      maxPromptLength: 48,
      learningRate: 0.001,
      saveSteps: 2,
      evalSamples: 4,
    },
  };
}
