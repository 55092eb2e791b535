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

type Changes = Record<string, Record<string, unknown>>;

/**
 * What a pipeline file says that trains SFT, a reward model and PPO in a second or two.
 * @param path where the `tinyRows` lie
 * @param changes settings by the name of the stage, which take the place of these
 */
export function tinyPipeline(path: string, changes: Changes = {}) {
  const dataset = (adapter: string) => ({ path, adapter, evalFraction: 0.2 });
  const stage = (name: string, settings: Record<string, unknown>) => ({
    name,
    uses: name,
    with: { perDeviceTrainBatchSize: 4, loggingSteps: 1, evalSteps: 0, ...settings, ...changes[name] },
  });
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
    stages: [
      stage('sft', {
        dataset: dataset('alpaca'),
        maxSteps: 30,
        saveSteps: 4,
        learningRate: 0.003,
        maxLength: 64,
        evalSamples: 2,
      }),
      stage('reward', {
        dataset: dataset('preference'),
        maxSteps: 12,
        saveSteps: 5,
        learningRate: 0.001,
        maxLength: 64,
      }),
      stage('ppo', {
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
      }),
    ],
  };
}
