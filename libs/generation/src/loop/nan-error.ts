/** @param where which row @param step how many tokens it had */
export function nanError(where: string, step: number): Error {
  return new Error(
    `generate: the model gave NaN for ${where} at new token ${step}; its weights are damaged or ` +
      'training diverged — go back to an earlier checkpoint',
  );
}
