import type { ModelConfig } from '../config/model-config';
import { parseFields, tokenIds } from '../config/schema';

/**
 * The configuration with the tokens that end an answer. generation_config.json decides where it names any, as in transformers
 * (GenerationConfig.from_pretrained); otherwise config.json does. Ids beyond the embeddings are left out: no model generates them.
 *
 * @param warn receives the sources that disagree, and the ids that are left out
 * @throws ModelFileError when the field of generation_config.json is not an id or a list of ids
 */
export function withEndTokens(
  config: ModelConfig,
  generationConfig: Readonly<Record<string, unknown>> | null,
  where: string,
  warn: (message: string) => void,
): ModelConfig {
  const field = generationConfig?.['eos_token_id'];
  const configured = config.eosTokenIds;
  const named = field === undefined ? [] : parseFields(tokenIds, field, `${where}: field "eos_token_id"`);
  const chosen = named.length > 0 ? named : configured;
  const inConfig = config.source['eos_token_id'] !== undefined && configured.length > 0;
  if (inConfig && !sameIds(chosen, configured))
    warn(
      `${where} ends answers with the tokens ${chosen.join(', ')}, config.json with ${configured.join(', ')}; ` +
        'generation_config.json is followed, as transformers does',
    );
  const inside = chosen.filter((id) => id < config.vocabSize);
  const beyond = chosen.filter((id) => id >= config.vocabSize);
  if (beyond.length > 0 && (inConfig || named.length > 0))
    warn(
      `${named.length > 0 ? where : 'config.json'}: field "eos_token_id" names ${beyond.join(', ')}, which the model cannot ` +
        `generate: its embeddings have ${config.vocabSize} rows`,
    );
  return { ...config, eosTokenIds: [...new Set(inside)] };
}

function sameIds(a: readonly number[], b: readonly number[]): boolean {
  return new Set(a).size === new Set(b).size && a.every((id) => b.includes(id));
}
