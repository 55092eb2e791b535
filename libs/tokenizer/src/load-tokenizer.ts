import { randomBytes } from 'node:crypto';
import { type Backend, isLong } from './backend';
import { chooseBackend } from './choose-backend';
import { asLlamaClass } from './llama-class';
import { longestTokenBytes } from './longest-token';
import { once } from './once';
import { checkPatterns } from './pattern-limits';
import { cachePreTokens } from './pre-token-cache';
import { namedTokens, readSpecialTokens } from './special-tokens';
import { checkGrowth } from './text-growth';
import {
  type EncodeOptions,
  type LoadOptions,
  TextTooLong,
  type Tokenizer,
  type TokenizerFiles,
} from './tokenizer';
import {
  keepsEveryText,
  parseTokenizerJson,
  prefixesFirstPieceOnly,
  vocabularySize,
  withNamedTokens,
  withoutPrefixSpace,
  withoutSpecialTokens,
  withWholeTexts,
} from './tokenizer-json';
import { checkRows } from './tokens-beyond';

/**
 * Opens a Hugging Face tokenizer.
 * @throws Error that names the file and the field, when the files are damaged or do not belong together
 */
export async function loadTokenizer(
  files: TokenizerFiles,
  { rows = Number.POSITIVE_INFINITY }: LoadOptions = {},
): Promise<Tokenizer> {
  const config = files.tokenizerConfig ?? {};
  const parsed = parseTokenizerJson(files.tokenizerJson);
  const built = asLlamaClass(parsed, config);
  const json = withWholeTexts(withNamedTokens(built.json, namedTokens(config)));
  checkGrowth(json);
  checkPatterns(json);
  const text = json === parsed ? files.tokenizerJson : JSON.stringify(json);
  const warnings = [...(files.warnings ?? []), ...built.warnings, ...checkRows(json, rows)];
  const { kind, open } = chooseBackend();
  const openJson = (variant: string): Backend => {
    try {
      return cachePreTokens(open(variant), variant === text ? json : JSON.parse(variant));
    } catch (error) {
      throw new Error(`tokenizer.json: the ${kind} library rejects it: ${(error as Error).message}`);
    }
  };

  const main = openJson(text);
  const added = json.added_tokens ?? [];
  const special = added.filter((token) => token.special);
  const vocabSize = vocabularySize(json);
  const { bosToken, eosToken, padTokenId } = readSpecialTokens(config, added, main.tokenToId, rows);
  const idOf = (token: string | null) => (token === null ? null : main.tokenToId(token));

  // Variants of the tokenizer open lazily: most texts do not contain the text of a special token.
  const unguessable = `\u{F0000}${randomBytes(16).toString('hex')}`;
  const plain = once(() => openJson(JSON.stringify(withoutSpecialTokens(json, unguessable))));
  const unprefixed = withoutPrefixSpace(json);
  const continuing = once(() => openJson(JSON.stringify(withoutSpecialTokens(unprefixed, unguessable))));
  // The library searches a "normalized" token after normalization, so the raw text does not show whether it occurs.
  const always = special.some((token) => token.normalized);
  // A long text is not searched for each of hundreds of tokens: both variants give the same ids where there are none.
  const mayHoldSpecial = (text: string) =>
    always || isLong(text) || special.some((token) => text.includes(token.content));

  const backendFor = (texts: readonly string[], { parseSpecialTokens = false }: EncodeOptions): Backend =>
    parseSpecialTokens || !texts.some(mayHoldSpecial) ? main : plain();

  /** Only the text before the first special token continues; what follows it is a text like any other. */
  const encodeContinuation = async (text: string, options: EncodeOptions): Promise<number[]> => {
    const { addSpecialTokens = false, parseSpecialTokens = false } = options;
    const places = special.map(({ content }) => text.indexOf(content)).filter((place) => place >= 0);
    const end = parseSpecialTokens ? Math.min(text.length, ...places) : text.length;
    const head = text.slice(0, end);
    const backend = unprefixed === json ? backendFor([head], options) : continuing();
    const ids = await backend.encode(head, addSpecialTokens);
    return end === text.length ? ids : [...ids, ...(await main.encode(text.slice(end), false))];
  };

  const bytesOfToken = longestTokenBytes(json);
  const firstId = (await main.encode('a', true))[0];
  return {
    backend: kind,
    vocabSize,
    bosTokenId: idOf(bosToken),
    eosTokenId: idOf(eosToken),
    padTokenId,
    bosToken,
    eosToken,
    addsBos: bosToken !== null && firstId === idOf(bosToken),
    prefixesFirstPieceOnly: prefixesFirstPieceOnly(json),
    specialTokens: special.map((token) => token.content),
    keepsEveryText: keepsEveryText(json),
    stripsBefore: new Set(special.filter((token) => token.lstrip).map((token) => token.content)),
    stripsAfter: new Set(special.filter((token) => token.rstrip).map((token) => token.content)),
    chatTemplate: readChatTemplate(config),
    files,
    warnings,
    checkLength(text, mostTokens) {
      const bytes = Buffer.byteLength(text);
      const fewest = Math.ceil(bytes / bytesOfToken);
      if (fewest > mostTokens) throw new TextTooLong(bytes, fewest, mostTokens);
    },
    encode: (text, options = {}) =>
      options.continuation
        ? encodeContinuation(text, options)
        : backendFor([text], options).encode(text, options.addSpecialTokens ?? false),
    encodeBatch: (texts, options = {}) =>
      options.continuation
        ? Promise.all(texts.map((text) => encodeContinuation(text, options)))
        : backendFor(texts, options).encodeBatch(texts, options.addSpecialTokens ?? false),
    async decode(ids, options = {}) {
      const known = ids.filter((id) => Number.isInteger(id) && id >= 0 && id < vocabSize);
      return known.length === 0 ? '' : main.decode(known, options.skipSpecialTokens ?? false);
    },
    tokenToId: (token) => main.tokenToId(token),
    idToToken: (id) => main.idToToken(id),
  };
}

/** `chat_template` is a string, or a list of named templates with one named "default". */
function readChatTemplate(config: Record<string, unknown>): string | null {
  const value = config['chat_template'];
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  const named = Array.isArray(value) ? value.find((entry) => entry?.name === 'default') : undefined;
  if (typeof named?.template === 'string') return named.template;
  throw new Error(
    'tokenizer_config.json: "chat_template" is neither a string nor a list with one named "default". ' +
      'Replace it with the template as a string.',
  );
}
