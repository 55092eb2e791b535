import type { Adapter } from '@open-chatgpt/models';
import type { AdapterStack, RowAdapters } from '../adapters/adapter-stack';
import type { KeptRow, Workspace } from '../decoder/decoder';
import { type Head, Heads } from '../decoder/head';
import { keyValueBytes } from '../decoder/key-value-bytes';
import { type RotaryTensors, rotaryTensors } from '../decoder/rotary-tensors';
import { KeyValueCache } from './key-value-cache';
import type { OrtDecoder } from './ort-decoder';
import { Step, type StepPlace } from './step';

/** Cache lengths are multiples of this, so that requests of similar length share one allocation. */
const LENGTH_STEP = 64;

/** The cache in our own memory, and the runs bound to it. */
export class OrtWorkspace implements Workspace {
  private cache: KeyValueCache;
  private rotary: RotaryTensors | null = null;
  private heads: Heads;
  /** Of the tokens that `verify` reads, which may be more than the rows. */
  private tokenHeads: Heads;
  private steps = new Map<number, Step>();
  private stack: AdapterStack | null;

  constructor(private readonly decoder: OrtDecoder) {
    this.stack = decoder.stackOf(new Set());
    this.cache = new KeyValueCache(decoder.config, 0, 0);
    this.heads = new Heads(decoder.heads, 0);
    this.tokenHeads = new Heads(decoder.heads, 0);
  }

  get kvCacheBytes(): number {
    return this.cache.bytes;
  }

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
    if (this.cache.rows > previous.rows) this.heads = new Heads(this.decoder.heads, this.cache.rows);
    this.steps = new Map();
  }

  head(rows: number): Head {
    return this.heads.of(rows);
  }

  holds(rows: number, length: number): boolean {
    return rows <= this.cache.rows && length <= this.cache.length;
  }

  useAdapters(adapters: ReadonlySet<Adapter>): void {
    if (this.stack ? this.stack.isOf(adapters) : adapters.size === 0) return;
    this.stack = this.decoder.stackOf(adapters);
    this.steps = new Map();
  }

  prefill(
    first: number,
    prompts: readonly (readonly number[])[],
    past = 0,
    adapters: RowAdapters = [],
  ): Promise<void> {
    const length = Math.max(...prompts.map((prompt) => prompt.length));
    const head = this.head(prompts.length);
    return this.step({ first, rows: prompts.length, length }, head).prefill(prompts, past, adapters);
  }

  async verify(
    row: number,
    tokens: readonly number[],
    past: number,
    adapters: RowAdapters = [],
  ): Promise<Head> {
    const { length } = tokens;
    if (length > this.tokenHeads.capacity) this.tokenHeads = new Heads(this.decoder.heads, length);
    const head = this.tokenHeads.of(length);
    await this.step({ first: row, rows: 1, length }, head).verify(tokens, past, adapters);
    return head;
  }

  decode(tokens: readonly number[], pasts: readonly number[], adapters: RowAdapters = []): Promise<void> {
    const rows = tokens.length;
    const step = this.steps.get(rows) ?? this.step({ first: 0, rows, length: 1 }, this.head(rows));
    this.steps.set(rows, step);
    return step.decode(tokens, pasts, adapters);
  }

  copyRow(from: number, to: number, tokens: number): void {
    this.cache.copyRow(from, to, tokens);
  }

  keep(row: number, tokens: number): KeptRow {
    const kept = new KeyValueCache(this.decoder.config, 1, tokens);
    kept.copyRow(row, 0, tokens, this.cache);
    return kept;
  }

  keptBytes(tokens: number): number {
    return keyValueBytes(this.decoder.config, 1, tokens);
  }

  restore(kept: KeptRow, to: number, tokens: number): void {
    this.cache.copyRow(0, to, tokens, kept as KeyValueCache);
  }

  private step(at: StepPlace, head: Head): Step {
    const { decoder, cache, rotary, stack } = this;
    return new Step(decoder, { cache, rotary, stack }, at, head.logits);
  }
}
