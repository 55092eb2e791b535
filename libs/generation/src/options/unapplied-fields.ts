/** Fields of generation_config.json that change which tokens are generated and are not applied here, with their neutral values. */
const UNAPPLIED: Readonly<Record<string, readonly unknown[]>> = {
  assistant_early_exit: [],
  bad_words_ids: [],
  begin_suppress_tokens: [],
  constraints: [],
  diversity_penalty: [0],
  dola_layers: [],
  encoder_no_repeat_ngram_size: [0],
  encoder_repetition_penalty: [1],
  epsilon_cutoff: [0],
  eta_cutoff: [0],
  exponential_decay_length_penalty: [],
  force_words_ids: [],
  forced_bos_token_id: [],
  forced_eos_token_id: [],
  guidance_scale: [1],
  min_length: [0],
  min_new_tokens: [0],
  no_repeat_ngram_size: [0],
  num_beams: [1],
  num_beam_groups: [1],
  penalty_alpha: [0],
  sequence_bias: [],
  stop_strings: [],
  suppress_tokens: [],
  top_h: [],
  typical_p: [1],
};

/** Fields that are applied (`samplingFor`). */
const NUMBERS = ['temperature', 'top_k', 'top_p', 'min_p', 'repetition_penalty'];

/** Warnings about the fields of a generation_config.json that transformers applies and this program does not, or cannot read. */
export function unappliedFields(generationConfig: Readonly<Record<string, unknown>> | null): string[] {
  return Object.entries(generationConfig ?? {}).flatMap(([name, value]) => {
    if (value === null) return [];
    if (NUMBERS.includes(name))
      return typeof value === 'number'
        ? []
        : [
            `generation_config.json: "${name}" is ${JSON.stringify(value)}; expected a number, so it is not applied`,
          ];
    if (!Object.hasOwn(UNAPPLIED, name) || UNAPPLIED[name].includes(value)) return [];
    if (typeof value === 'object' && Object.keys(value).length === 0) return [];
    return [
      `generation_config.json: "${name}" is ${shown(value)}, which transformers applies and this program does not`,
    ];
  });
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
