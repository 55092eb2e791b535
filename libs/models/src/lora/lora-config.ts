/** LoRA (Hu et al. 2021, https://arxiv.org/abs/2106.09685) with PEFT's names in camelCase. */
export interface LoraConfig {
  /** Rank of the two factors. */
  r: number;
  /** The update is scaled by loraAlpha / r. */
  loraAlpha: number;
  /** Dropout on the adapter's input while training. */
  loraDropout: number;
  /** Name suffixes of the linear modules with an adapter, or `['all-linear']`. */
  targetModules: string[];
}
