import type { LinearModule } from '@open-chatgpt/sizing';

/** DoRA (Liu et al. 2024, https://arxiv.org/abs/2402.09353): gives the weights of each output the length of its magnitude, in place. */
export function normalizeRows(
  weight: Float32Array,
  magnitude: Float32Array,
  { inFeatures, outFeatures }: Pick<LinearModule, 'inFeatures' | 'outFeatures'>,
  inputMajor: boolean,
): void {
  for (let out = 0; out < outFeatures; out++) {
    const at = (input: number) => (inputMajor ? input * outFeatures + out : out * inFeatures + input);
    let squares = 0;
    for (let input = 0; input < inFeatures; input++) squares += weight[at(input)] ** 2;
    const factor = magnitude[out] / Math.sqrt(squares);
    for (let input = 0; input < inFeatures; input++) weight[at(input)] *= factor;
  }
}
