/** Settings with which the quickstart takes seconds. */
export const SMALL_QUICKSTART = [
  'model.scratch={"hiddenSize": 32, "intermediateSize": 64, "numHiddenLayers": 1, "numAttentionHeads": 2, "maxPositionEmbeddings": 160}',
  'sft.maxSteps=20',
  'sft.perDeviceTrainBatchSize=8',
  'sft.dataset.limit=200',
  'reward.maxSteps=6',
  'reward.perDeviceTrainBatchSize=4',
  'reward.dataset.limit=60',
  'ppo.iterations=2',
  'ppo.rolloutBatchSize=8',
  'ppo.numMiniBatches=1',
  'ppo.perDeviceTrainBatchSize=4',
  'ppo.numPpoEpochs=1',
  'ppo.responseLength=8',
  'ppo.prompts.limit=40',
  'ppo.evalSamples=6',
].flatMap((setting) => ['--set', setting]);
