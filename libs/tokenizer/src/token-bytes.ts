import { ALPHABET } from './byte-merges';
import type { Tokenizer } from './tokenizer';
import type { JsonStep, TokenizerJson } from './tokenizer-json';

const BYTE_TOKEN = /^<0x([0-9A-Fa-f]{2})>$/;

/**
 * The bytes that each token adds to a text, one character for each byte (latin1); null for special tokens and for ids without a token.
 * @returns null for a tokenizer whose tokens depend on their neighbours (WordPiece)
 */
export function tokenBytes(
  tokenizer: Pick<Tokenizer, 'vocabSize' | 'idToToken' | 'specialTokens' | 'files'>,
): (string | null)[] | null {
  const json = JSON.parse(tokenizer.files.tokenizerJson) as TokenizerJson;
  const read = tokenReader(json);
  if (!read) return null;
  const special = new Set(tokenizer.specialTokens);
  const added = new Set((json.added_tokens ?? []).map(({ content }) => content));
  return Array.from({ length: tokenizer.vocabSize }, (_, id) => {
    const token = tokenizer.idToToken(id);
    if (token === null || special.has(token)) return null;
    return added.has(token) ? utf8(token) : read(token);
  });
}

/** How the decoder reads a token of the vocabulary. */
function tokenReader({ decoder, model }: TokenizerJson): ((token: string) => string | null) | null {
  const steps = stepsOf(decoder);
  const names = steps.map(({ type }) => type);
  if (names.includes('ByteLevel')) return byteLevel;
  const joins = names.some((name) => ['WordPiece', 'BPEDecoder', 'CTC'].includes(name));
  if (joins || model.type === 'WordPiece' || decoder === null || decoder === undefined) return null;
  const blank = steps.some((step) => step.type === 'Metaspace' || JSON.stringify(step).includes('▁'));
  const fallback = names.includes('ByteFallback');
  return (token) => {
    const byte = fallback ? BYTE_TOKEN.exec(token) : null;
    if (byte) return String.fromCharCode(Number.parseInt(byte[1], 16));
    return utf8(blank ? token.replaceAll('▁', ' ') : token);
  };
}

const byteOf = new Map(ALPHABET.map((character, byte) => [character, byte]));

function byteLevel(token: string): string | null {
  const bytes = Array.from(token, (character) => byteOf.get(character));
  return bytes.includes(undefined) ? null : String.fromCharCode(...(bytes as number[]));
}

const utf8 = (text: string): string => Buffer.from(text).toString('latin1');

function stepsOf(step: JsonStep | null | undefined): JsonStep[] {
  if (!step) return [];
  return step.type === 'Sequence' ? (step['decoders'] as JsonStep[]).flatMap(stepsOf) : [step];
}
