/** State of the controller in a checkpoint. */
export interface KlControllerState {
  value: number;
}

/** β, the coefficient of the KL in the reward, and its adaptation to the measured KL. */
export interface KlController {
  readonly value: number;
  /**
   * @param kl mean KL of the responses in the last batch, in nats
   * @param responses number of responses in that batch
   */
  update(kl: number, responses: number): void;
  state(): KlControllerState;
}

export interface KlControllerOptions {
  klCoef: number;
  adaptiveKl: boolean;
  klTarget: number;
  klHorizon: number;
}

/**
 * Fixed: β is constant. Adaptive: β ← β·(1 + clip(KL/target − 1, ±0.2)·n/horizon).
 * Source: Ziegler et al. 2019, arXiv:1909.08593, §2.2; AdaptiveKLController of openai/lm-human-preferences.
 * @param state from a checkpoint, to resume
 */
export function createKlController(options: KlControllerOptions, state?: KlControllerState): KlController {
  let value = state?.value ?? options.klCoef;
  return {
    get value() {
      return value;
    },
    update(kl, responses) {
      if (!options.adaptiveKl) return;
      if (!Number.isFinite(kl)) throw new Error(`adaptive KL controller: expected a finite KL; found ${kl}`);
      const error = Math.max(-0.2, Math.min(0.2, kl / options.klTarget - 1));
      value *= 1 + (error * responses) / options.klHorizon;
    },
    state: () => ({ value }),
  };
}
