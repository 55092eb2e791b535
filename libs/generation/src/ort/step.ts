import { type BoundRun, Tensor } from '@open-chatgpt/runtime';
import type { RotaryTensors } from '../decoder/rotary-tensors';
import type { KeyValueCache } from './key-value-cache';
import type { OrtDecoder } from './ort-decoder';

/** A run of the body over rows [first, first + rows) of a cache, with T new tokens for each row. Bound once, run often. */
export class Step {
  private readonly inputIds: Tensor;
  private readonly positions: Tensor;
  private readonly sequenceLengths: Tensor;
  private readonly totalLength = Tensor.zeros('int32', []);
  private readonly lastTokens: Tensor;
  private readonly bound: BoundRun;

  /** @param logits [rows, V], receives the logits after each row's last token */
  constructor(
    decoder: OrtDecoder,
    cache: KeyValueCache,
    rotary: RotaryTensors | null,
    private readonly at: { first: number; rows: number; length: number },
    logits: Tensor,
  ) {
    const { first, rows, length } = at;
    this.inputIds = Tensor.zeros('int64', [rows * length]);
    this.positions = Tensor.zeros('int64', [rows, length]);
    this.sequenceLengths = Tensor.zeros('int32', [rows]);
    this.lastTokens = Tensor.zeros('int64', [rows]);
    const body = decoder.body(rows * length);
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
      ...decoder.parameters(body),
    };
    this.bound = body.bind(inputs, { logits, ...present });
  }

  /**
   * Prefills prompts. Prompts shorter than T are padded on the right.
   * @param past tokens of the prompt that are in the cache already; the kernel supports it only for a single row
   */
  prefill(prompts: readonly (readonly number[])[], past = 0): Promise<void> {
    const { length } = this.at;
    prompts.forEach((prompt, row) => {
      for (let t = 0; t < length; t++) {
        this.inputIds.int64s[row * length + t] = BigInt(prompt[t] ?? 0);
        this.positions.int64s[row * length + t] = BigInt(past + t);
      }
      this.sequenceLengths.int32s[row] = past + prompt.length - 1;
      this.lastTokens.int64s[row] = BigInt(row * length + prompt.length - 1);
    });
    this.totalLength.int32s[0] = past + length;
    return this.bound.run();
  }

  /** Appends one token to each row. @param pasts number of tokens of each row in the cache */
  decode(tokens: ArrayLike<number>, pasts: ArrayLike<number>): Promise<void> {
    let longest = 0;
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
}
