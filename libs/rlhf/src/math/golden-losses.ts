/**
 * Golden values (float64, worked out independently) of the losses and updates that graphs compute, for the
 * specs of those graphs. The pure functions in this folder are checked against the same numbers.
 */
export const goldenPolicyLoss = {
  oldLogprobs: [-1, -1, -1, -1],
  logprobs: [-0.7, -1.4, -0.7, -1.4],
  advantages: [1, 1, -1, -1],
  cliprange: 0.2,
  perToken: [-1.2, -0.67032, 1.349859, 0.8],
  loss: 0.0698847,
};

export const goldenValueLoss = {
  values: [1, 0.5, 0.9],
  oldValues: [0.5, 0.5, 0.5],
  returns: [1, 1, 0],
  cliprangeValue: 0.2,
  loss: 0.1916667,
  unclippedLoss: 0.1766667,
};

export const goldenPairwise = [
  { chosen: 1, rejected: 0, margin: 0, loss: 0.3132617 },
  { chosen: 0, rejected: 1, margin: 0, loss: 1.3132617 },
  { chosen: 1, rejected: 0, margin: 0.5, loss: 0.474077 },
  { chosen: -60, rejected: 40, margin: 0, loss: 100 },
];

export const goldenLora = {
  weight: [
    [1, 2],
    [3, 4],
  ],
  a: [[1, -1]],
  b: [[0.5], [0.25]],
  loraAlpha: 16,
  r: 8,
  x: [1, 2],
  y: [4, 10.5],
};

export const goldenAdamW = {
  parameter: 1,
  gradients: [0.5, -0.2, 0.1],
  learningRate: 1e-3,
  weightDecay: 0.01,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  parameters: [0.99899000002, 0.99863440428, 0.99824502616],
};

export const goldenClip = { gradients: [[3, 4], [12]], maxNorm: 1, norm: 13, coefficient: 0.076923071 };
