import type { Model } from '@open-chatgpt/models';

/** The number of weights of a model, and of those that are trained where these are fewer. */
export function parameterCounts({ trained, frozen }: Model): Record<string, number> {
  const count = (parameters: readonly { data: Float32Array }[]) =>
    parameters.reduce((sum, { data }) => sum + data.length, 0);
  const parameters = count(trained.all) + (frozen ? count(frozen.all) : 0);
  const trainedParameters = count(trained.trainable);
  return trainedParameters < parameters ? { parameters, trainedParameters } : { parameters };
}
