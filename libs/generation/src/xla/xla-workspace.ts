import type { Adapter } from '@open-chatgpt/models';
import type { Sharding } from '@open-chatgpt/runtime';
import type { KeptRow, Workspace } from '../decoder/decoder';
import { type Head, Heads } from '../decoder/head';
import { keyValueBytes } from '../decoder/key-value-bytes';
import { type RotaryTensors, rotaryTensors } from '../decoder/rotary-tensors';
import { DeviceCache } from './device-cache';
import type { XlaDecoder } from './xla-decoder';
import { XlaStep } from './xla-step';

const LEAST_LENGTH = 64;
const LEAST_PROMPT = 16;
const LEAST_ROWS = 8;

/**
 * The cache on the device, and the steps bound to it. Sizes are rounded up so that few programs are compiled: a cache has 2ⁿ
 * rows of 2ⁿ tokens, a prefill 2ⁿ tokens, and a step 4ⁿ rows or all.
 */
export class XlaWorkspace implements Workspace {
  private cache: DeviceCache | null = null;
  private rotary: RotaryTensors | null = null;
  private heads: Heads;
  private steps = new Map<string, XlaStep>();

  constructor(private readonly decoder: XlaDecoder) {
    this.heads = new Heads(decoder.heads, 0);
  }

  get kvCacheBytes(): number {
    return this.cache?.bytes ?? 0;
  }

  holds(rows: number, length: number): boolean {
    return this.cache !== null && rows <= this.cache.size.rows && length <= this.cache.size.length;
  }

  reserve(rows: number, length: number, live: readonly number[] = []): void {
    if (this.holds(rows, length)) return;
    const { decoder } = this;
    const { config, mesh } = decoder;
    const previous = this.cache;
    const size = {
      rows: Math.max(powerOf(2, rows), previous?.size.rows ?? 1),
      length: Math.max(powerOf(2, length), previous?.size.length ?? LEAST_LENGTH),
    };
    const kept = live.length > 0 ? previous : null;
    // The memory of the previous cache is free before the new one is allocated, if nothing is copied.
    if (!kept) previous?.release();
    this.steps = new Map();
    this.cache = null;
    const compile = decoder.compile.bind(decoder);
    this.cache = new DeviceCache(compile, config, size, mesh, kept);
    kept?.release();
    this.rotary = rotaryTensors(config, Math.min(size.length, config.maxPositionEmbeddings));
    const whole: Sharding | null = mesh && { mesh, axes: [[], []] };
    this.heads = new Heads(decoder.heads, size.rows, whole);
  }

  head(rows: number): Head {
    return this.heads.of(this.roundRows(rows));
  }

  useAdapters(adapters: ReadonlySet<Adapter>): void {
    if (adapters.size > 0) throw new Error('generation: adapters beside their base run on the CPU only');
  }

  prefill(first: number, prompts: readonly (readonly number[])[], past = 0): Promise<void> {
    const longest = Math.max(...prompts.map((prompt) => prompt.length));
    const tokens = Math.max(powerOf(2, longest), LEAST_PROMPT);
    return this.run(this.step(prompts.length, tokens).prefill(first, prompts, past));
  }

  decode(tokens: readonly number[], pasts: readonly number[]): Promise<void> {
    return this.run(this.step(tokens.length, 1).decode(tokens, pasts));
  }

  async verify(): Promise<never> {
    throw new Error('generation: drafts are verified on the CPU only');
  }

  copyRow(from: number, to: number): void {
    if (from !== to) this.reserved.copyRow(from, to);
  }

  keep(row: number, tokens: number): KeptRow {
    const { compile, config, mesh } = this.decoder;
    const size = { rows: 1, length: keptLength(tokens) };
    const kept = new DeviceCache(compile.bind(this.decoder), config, size, mesh, null);
    kept.copyRow(row, 0, this.reserved);
    return kept;
  }

  keptBytes(tokens: number): number {
    return keyValueBytes(this.decoder.config, 1, keptLength(tokens));
  }

  restore(kept: KeptRow, to: number): void {
    this.reserved.copyRow(0, to, kept as DeviceCache);
  }

  private get reserved(): DeviceCache {
    if (!this.cache) throw new Error('generation: no cache is reserved');
    return this.cache;
  }

  private roundRows(rows: number): number {
    return Math.min(Math.max(powerOf(4, rows), LEAST_ROWS), this.reserved.size.rows);
  }

  private step(count: number, tokens: number): XlaStep {
    const cache = this.reserved;
    const rows = this.roundRows(count);
    const key = `${rows}|${tokens}`;
    const { logits } = this.heads.of(rows);
    const step =
      this.steps.get(key) ??
      new XlaStep(this.decoder, cache, this.rotary, { rows, tokens, cache: cache.size }, logits);
    this.steps.set(key, step);
    return step;
  }

  /** A run that fails has consumed the cache. */
  private async run(running: Promise<void>): Promise<void> {
    try {
      await running;
    } catch (error) {
      this.cache = null;
      throw error;
    }
  }
}

const keptLength = (tokens: number): number => Math.max(powerOf(2, tokens), LEAST_LENGTH);

/** The smallest power of `base` that is not below `least`. */
function powerOf(base: number, least: number): number {
  let power = 1;
  while (power < least) power *= base;
  return power;
}
