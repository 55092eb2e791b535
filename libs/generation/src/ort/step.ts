import { type BoundRun, Tensor } from '@open-chatgpt/runtime';
import type { AdapterStack, RowAdapters } from '../adapters/adapter-stack';
import type { RotaryTensors } from '../decoder/rotary-tensors';
import type { KeyValueCache } from './key-value-cache';
import type { OrtDecoder } from './ort-decoder';

/** Rows [first, first + rows) of a cache, with T = `length` new tokens for each row. */
export interface StepPlace {
  first: number;
  rows: number;
  length: number;
}

/** What a run reads besides weights and tokens. */
interface StepMemory {
  cache: KeyValueCache;
  rotary: RotaryTensors | null;
  stack: AdapterStack | null;
}

/** A run of the body over rows [first, first + rows) of a cache, with T new tokens for each row. Bound once, run often. */
export class Step {
  private readonly inputIds: Tensor;
  private readonly positions: Tensor;
  private readonly sequenceLengths: Tensor;
  private readonly totalLength = Tensor.zeros('int32', []);
  private readonly lastTokens: Tensor;
  private readonly stack: AdapterStack | null;
  private readonly mask: Tensor | null;
  private readonly bound: BoundRun;

  /** @param logits [L, V], receives the logits after the last token of each row, or with a single row after every token */
  constructor(
    decoder: OrtDecoder,
    { cache, rotary, stack }: StepMemory,
    private readonly at: StepPlace,
    logits: Tensor,
  ) {
    const { first, rows, length } = at;
    this.inputIds = Tensor.zeros('int64', [rows * length]);
    this.positions = Tensor.zeros('int64', [rows, length]);
    this.sequenceLengths = Tensor.zeros('int32', [rows]);
    this.lastTokens = Tensor.zeros('int64', [logits.shape[0] as number]);
    this.stack = stack;
    this.mask = stack?.createMask(rows, length) ?? null;
    const body = decoder.body(rows * length, stack);
    const { past, present } = cache.bindings(first, rows);
    const grid = new Tensor('int64', [3], BigInt64Array.of(BigInt(rows), BigInt(length), -1n));
    const { inputIds, positions, sequenceLengths, totalLength, lastTokens } = this;
    const inputs = {
      inputIds,
      positions,
      sequenceLengths,
      totalLength,
      lastTokens,
      grid,
      ...rotary,
      ...past,
      ...(this.mask && stack?.inputs(this.mask)),
      ...decoder.parameters(body),
    };
    this.bound = body.bind(inputs, { logits, ...present });
  }

  /**
   * Prefills prompts. Prompts shorter than T are padded on the right.
   * @param past tokens of the prompt that are in the cache already; the kernel supports it only for a single row
   */
  prefill(prompts: readonly (readonly number[])[], past: number, adapters: RowAdapters): Promise<void> {
    prompts.forEach(({ length }, row) => {
      this.lastTokens.int64s[row] = BigInt(row * this.at.length + length - 1);
    });
    this.fill(prompts, past, adapters);
    return this.bound.run();
  }

  /** Appends tokens to the only row, for the logits after each of them. @param past tokens of the row in the cache */
  verify(tokens: readonly number[], past: number, adapters: RowAdapters): Promise<void> {
    tokens.forEach((_, t) => {
      this.lastTokens.int64s[t] = BigInt(t);
    });
    this.fill([tokens], past, adapters);
    return this.bound.run();
  }

  /** Appends one token to each row. @param pasts number of tokens of each row in the cache */
  decode(tokens: ArrayLike<number>, pasts: ArrayLike<number>, adapters: RowAdapters): Promise<void> {
    let longest = 0;
    this.setAdapters(adapters);
    for (let row = 0; row < this.at.rows; row++) {
      this.inputIds.int64s[row] = BigInt(tokens[row]);
      this.positions.int64s[row] = BigInt(pasts[row]);
      this.sequenceLengths.int32s[row] = pasts[row];
      this.lastTokens.int64s[row] = BigInt(row);
      longest = Math.max(longest, pasts[row]);
    }
    this.totalLength.int32s[0] = longest + 1;
    return this.bound.run();
  }

  private fill(prompts: readonly (readonly number[])[], past: number, adapters: RowAdapters): void {
    const { length } = this.at;
    this.setAdapters(adapters);
    prompts.forEach((prompt, row) => {
      for (let t = 0; t < length; t++) {
        this.inputIds.int64s[row * length + t] = BigInt(prompt[t] ?? 0);
        this.positions.int64s[row * length + t] = BigInt(past + t);
      }
      this.sequenceLengths.int32s[row] = past + prompt.length - 1;
    });
    this.totalLength.int32s[0] = past + length;
  }

  private setAdapters(adapters: RowAdapters): void {
    if (this.mask) this.stack?.setMask(this.mask, adapters, this.at.rows);
  }
}
