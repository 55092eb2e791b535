/** What a preference loss measures of a response, and which settings it takes. */
interface PreferenceLoss {
  /** Scores are relative to a frozen reference model. */
  reference: boolean;
  /** Scores are divided by the number of tokens of the response. */
  perToken: boolean;
  /** Takes `labelSmoothing`. */
  smoothing: boolean;
  /** Coefficient of the log-likelihood of the better response, where `rpoAlpha` is not set. */
  likelihood: number;
  description: string;
}

const relative = { reference: true, perToken: false, smoothing: false, likelihood: 0 };

/** By the names of TRL, where it has one. */
export const PREFERENCE_LOSSES = {
  sigmoid: { ...relative, smoothing: true, description: 'DPO' },
  sigmoid_norm: {
    ...relative,
    perToken: true,
    smoothing: true,
    description: 'DPO on log-probabilities per token',
  },
  hinge: { ...relative, description: 'SLiC' },
  ipo: { ...relative, perToken: true, description: 'a squared error on log-probabilities per token' },
  robust: {
    ...relative,
    smoothing: true,
    description: 'DPO without the bias of wrong labels, whose share is labelSmoothing',
  },
  apo_zero: { ...relative, description: 'raises the preferred answer and lowers the other' },
  apo_down: { ...relative, description: 'lowers both, for pairs that are worse than the model' },
  simpo: {
    ...relative,
    reference: false,
    perToken: true,
    description: 'no reference; probabilities per token',
  },
  cpo: {
    ...relative,
    reference: false,
    smoothing: true,
    likelihood: 1,
    description: 'no reference, with the likelihood of the preferred answer',
  },
  orpo: {
    ...relative,
    reference: false,
    perToken: true,
    likelihood: 1,
    description: 'no reference; odds ratio with the likelihood of the preferred answer, from a base model',
  },
} as const satisfies Record<string, PreferenceLoss>;

export type PreferenceLossName = keyof typeof PREFERENCE_LOSSES;

/** The coefficient of the log-likelihood of the better response. */
export function likelihoodCoef({
  lossType,
  rpoAlpha,
}: {
  lossType: PreferenceLossName;
  rpoAlpha: number | null;
}): number {
  return rpoAlpha ?? PREFERENCE_LOSSES[lossType].likelihood;
}

/** The names of the losses that a property holds for. */
export function lossesWith(has: (loss: PreferenceLoss) => boolean): string[] {
  return Object.entries(PREFERENCE_LOSSES).flatMap(([name, loss]) => (has(loss) ? [name] : []));
}
