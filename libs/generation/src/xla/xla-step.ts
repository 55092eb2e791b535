import { type BoundRun, Tensor } from '@open-chatgpt/runtime';
import type { RotaryTensors } from '../decoder/rotary-tensors';
import type { DeviceCache } from './device-cache';
import type { StepSizes } from './step-context';
import type { XlaDecoder } from './xla-decoder';

/** A step bound to a cache. Bound once, run often. */
export class XlaStep {
  private readonly inputIds: Tensor;
  private readonly positions: Tensor;
  private readonly lastTokens: Tensor;
  private readonly rows: Tensor;
  private readonly cleared: Tensor;
  private readonly bound: BoundRun;

  /** @param logits [B, V], receives the logits after each row's last token */
  constructor(
    decoder: XlaDecoder,
    cache: DeviceCache,
    rotary: RotaryTensors | null,
    private readonly sizes: StepSizes,
    logits: Tensor,
  ) {
    const { rows, tokens } = sizes;
    this.inputIds = Tensor.zeros('int64', [rows * tokens]);
    this.positions = Tensor.zeros('int64', [rows, tokens]);
    this.lastTokens = Tensor.zeros('int64', [rows]);
    this.rows = Tensor.zeros('int64', [rows]);
    this.cleared = Tensor.zeros('int64', [rows]);
    const session = decoder.step(sizes);
    const { past, present } = cache.bindings;
    const { inputIds, positions, lastTokens, cleared } = this;
    const prefill = tokens > 1 && { rows: this.rows, cleared };
    const inputs = { inputIds, positions, lastTokens, ...prefill, ...rotary, ...past };
    this.bound = session.bind({ ...inputs, ...decoder.parameters(session) }, { logits, ...present });
  }

  /** @param past tokens of the prompts that are in the cache already */
  prefill(first: number, prompts: readonly (readonly number[])[], past: number): Promise<void> {
    const { rows, tokens, cache } = this.sizes;
    for (let row = 0; row < rows; row++) {
      const prompt = prompts[row] ?? [];
      const target = BigInt(row < prompts.length ? first + row : cache.rows);
      this.rows.int64s[row] = target;
      this.cleared.int64s[row] = past === 0 ? target : BigInt(cache.rows);
      this.lastTokens.int64s[row] = BigInt(row * tokens + Math.max(prompt.length - 1, 0));
      for (let t = 0; t < tokens; t++) this.set(row * tokens + t, prompt[t], past + t);
    }
    return this.bound.run();
  }

  decode(ids: readonly number[], pasts: readonly number[]): Promise<void> {
    for (let row = 0; row < this.sizes.rows; row++) {
      this.set(row, ids[row], pasts[row]);
      this.lastTokens.int64s[row] = BigInt(row);
    }
    return this.bound.run();
  }

  /** Without an id, the token is padding. */
  private set(index: number, id: number | undefined, position: number): void {
    const { length } = this.sizes.cache;
    this.inputIds.int64s[index] = BigInt(id ?? 0);
    this.positions.int64s[index] = BigInt(id === undefined ? length : position);
  }
}
