/** @param where the row, for the message @param step number of tokens before the NaN */
export function nanError(where: string, step: number): Error {
  return new Error(
    `generate: the model computed NaN for ${where} at new token ${step}; its weights are damaged or ` +
      'training diverged. Resume from an earlier checkpoint.',
  );
}
