import { allocate } from '@open-chatgpt/runtime';
import { KeyValueCache } from '../cache/key-value-cache';
import { type RotaryTensors, rotaryTensors } from '../cache/rotary-tensors';
import type { Decoder } from './decoder';
import { Head, type VocabularyBuffers } from './head';
import { Step } from './step';

/** Cache lengths are multiples of this, so that requests of similar length share one allocation. */
const LENGTH_STEP = 64;

/** The memory of a decoder: the cache, buffers of vocabulary size, and the runs bound to them. */
export class Workspace {
  private cache: KeyValueCache;
  private rotary: RotaryTensors | null = null;
  private heads = new Map<number, Head>();
  private steps = new Map<number, Step>();
  private vocabulary: VocabularyBuffers;

  constructor(private readonly decoder: Decoder) {
    this.cache = new KeyValueCache(decoder.config, 0, 0);
    this.vocabulary = this.vocabularyBuffers();
  }

  get kvCacheBytes(): number {
    return this.cache.bytes;
  }

  /**
   * Reserves `rows` rows of `length` tokens. Never shrinks.
   * @param live number of tokens in each of the rows 0 … live.length − 1, which are kept
   */
  reserve(rows: number, length: number, live: readonly number[] = []): void {
    const { maxPositionEmbeddings } = this.decoder.config;
    if (this.holds(rows, length)) return;
    const rounded = Math.min(Math.ceil(length / LENGTH_STEP) * LENGTH_STEP, maxPositionEmbeddings);
    const previous = this.cache;
    this.cache = new KeyValueCache(
      this.decoder.config,
      Math.max(rows, previous.rows),
      Math.max(rounded, previous.length),
    );
    live.forEach((tokens, row) => {
      this.cache.copyRow(row, row, tokens, previous);
    });
    if (this.cache.length > previous.length)
      this.rotary = rotaryTensors(this.decoder.config, this.cache.length);
    if (this.cache.rows > previous.rows) {
      this.heads = new Map();
      this.vocabulary = this.vocabularyBuffers();
    }
    this.steps = new Map();
  }

  /** The head for `rows` rows. All heads share their buffers of vocabulary size. */
  head(rows: number): Head {
    const head = this.heads.get(rows) ?? new Head(this.decoder, rows, this.vocabulary);
    this.heads.set(rows, head);
    return head;
  }

  /** Whether there is room for `rows` rows of `length` tokens. */
  holds(rows: number, length: number): boolean {
    return rows <= this.cache.rows && length <= this.cache.length;
  }

  /**
   * Prefills rows first, first + 1, … with prompts, and writes the logits after them to `head(prompts.length)`.
   * @param past for a single prompt in chunks: the number of its tokens in the cache already
   */
  prefill(first: number, prompts: readonly (readonly number[])[], past = 0): Promise<void> {
    const rows = prompts.length;
    const length = Math.max(...prompts.map((prompt) => prompt.length));
    const at = { first, rows, length };
    return new Step(this.decoder, this.cache, this.rotary, at, this.head(rows).logits).prefill(prompts, past);
  }

  /** Appends a token to each of the first rows, and writes the logits after it to `head(tokens.length)`. */
  decode(tokens: ArrayLike<number>, pasts: ArrayLike<number>): Promise<void> {
    const rows = tokens.length;
    const at = { first: 0, rows, length: 1 };
    const step =
      this.steps.get(rows) ?? new Step(this.decoder, this.cache, this.rotary, at, this.head(rows).logits);
    this.steps.set(rows, step);
    return step.decode(tokens, pasts);
  }

  copyRow(from: number, to: number, tokens: number): void {
    this.cache.copyRow(from, to, tokens);
  }

  private vocabularyBuffers(): VocabularyBuffers {
    const size = this.cache.rows * this.decoder.config.vocabSize;
    const buffer = () => allocate('float32', size) as Float32Array;
    return { logits: buffer(), probabilities: buffer() };
  }
}
