import type { Tokenizer } from '../tokenizer';
import type { ChatTemplate } from './chat-template';

/** What a model's configuration says about its tokens. */
export interface ModelTokens {
  vocabSize: number;
  bosTokenId: number | null;
  /** The tokens that end an answer. */
  eosTokenIds: readonly number[];
  /** config.json */
  source: Readonly<Record<string, unknown>>;
}

/** The same template, whose answers end with the end tokens of the model too, as transformers generates. */
export function endingAs(
  template: ChatTemplate,
  { vocabSize, eosTokenIds }: Pick<ModelTokens, 'vocabSize' | 'eosTokenIds'>,
): ChatTemplate {
  const ids = [...template.stopTokenIds, ...eosTokenIds].filter((id) => id < vocabSize);
  return { ...template, stopTokenIds: [...new Set(ids)] };
}

/**
 * Where the tokenizer and the model's configuration name different tokens for the beginning and the end of a text. The tokenizer
 * decides what is trained on. Generation ends at all tokens that either names.
 */
export function disagreements(
  {
    bosToken,
    bosTokenId,
    eosToken,
    eosTokenId,
  }: Pick<Tokenizer, 'bosToken' | 'bosTokenId' | 'eosToken' | 'eosTokenId'>,
  model: ModelTokens,
): string[] {
  const warnings: string[] = [];
  const namesBos = typeof model.source['bos_token_id'] === 'number';
  if (bosTokenId !== null && namesBos && bosTokenId !== model.bosTokenId)
    warnings.push(
      `tokenizer_config.json begins texts with ${JSON.stringify(bosToken)} (id ${bosTokenId}), config.json with id ` +
        `${model.bosTokenId}; the tokenizer is followed`,
    );
  const named = model.eosTokenIds;
  if (eosTokenId !== null && named.length > 0 && !named.includes(eosTokenId))
    warnings.push(
      `tokenizer_config.json ends answers with ${JSON.stringify(eosToken)} (id ${eosTokenId}), the model's configuration with ` +
        `${named.join(', ')}; the tokenizer is followed in training, and generation ends at each of them`,
    );
  return warnings;
}
