import type { Decoder } from '../decoder/decoder';
import { Workspace } from '../decoder/workspace';
import type { Generation } from '../options/generate-options';
import { headKindFor, Sampler } from '../sampling/sampler';
import { nanError } from './nan-error';
import { Row, type RowRequest } from './row';

/** Prompts are read together up to this many tokens, padding included: it bounds the memory of attention scores. */
const PREFILL_TOKENS = 2048;

/**
 * Continuous batching (Yu et al. 2022, Orca): rows that finish leave at once, the last row moves into their place, and
 * waiting prompts are read into what is free. Active rows are always rows 0 … n − 1 of the workspace.
 */
export class DecodingLoop {
  readonly workspace: Workspace;
  private readonly sampler: Sampler;
  private readonly waiting: Row[] = [];
  private readonly active: Row[] = [];
  private running = false;

  constructor(
    private readonly decoder: Decoder,
    private readonly maxRows: number,
  ) {
    this.workspace = new Workspace(decoder);
    this.sampler = new Sampler(decoder.config.vocabSize);
  }

  /** Takes a prompt in; it joins the batch at the next step that has room. */
  submit(request: RowRequest): Promise<Generation> {
    return new Promise((resolve, reject) => {
      this.waiting.push(new Row(request, resolve, reject));
      if (this.running) return;
      this.running = true;
      // What is submitted in the same turn of the event loop is read together.
      queueMicrotask(() => void this.run());
    });
  }

  /** Steps until nothing is left. A failure rejects the rows that it touched and leaves the loop usable. */
  private async run(): Promise<void> {
    while (this.waiting.length > 0 || this.active.length > 0) {
      try {
        await this.admit();
        await this.step();
      } catch (error) {
        for (const row of this.active.splice(0)) {
          row.fail(error);
          row.settle();
        }
      }
    }
    this.running = false;
  }

  private async admit(): Promise<void> {
    this.leave();
    const group = this.nextGroup();
    if (group.length === 0) return;
    const live = this.active.map((row) => row.cached);
    this.active.push(...group);
    const rows = Math.min(this.maxRows, this.active.length + this.waiting.length);
    const length = Math.max(...group.map(({ request }) => request.prompt.length + request.maxNewTokens));
    this.workspace.reserve(rows, length, live);
    await this.workspace.prefill(
      live.length,
      group.map(({ request }) => request.prompt),
    );
    await this.choose(group);
    this.leave();
  }

  /** Waiting prompts that fit, in their order. */
  private nextGroup(): Row[] {
    const group: Row[] = [];
    let longest = 0;
    while (this.waiting.length > 0 && this.active.length + group.length < this.maxRows) {
      longest = Math.max(longest, this.waiting[0].request.prompt.length);
      if (group.length > 0 && longest * (group.length + 1) > PREFILL_TOKENS) break;
      const row = this.waiting.shift()!;
      if (!row.settle()) group.push(row);
    }
    return group;
  }

  private async step(): Promise<void> {
    if (this.active.length === 0) return;
    await this.workspace.decode(
      this.active.map((row) => row.tokens.at(-1)!),
      this.active.map((row) => row.cached),
    );
    await this.choose(this.active);
  }

  /** The next token of each of `rows`, whose logits the workspace's head holds in this order. */
  private async choose(rows: readonly Row[]): Promise<void> {
    const head = this.workspace.head(rows.length);
    rows.forEach((row, i) => {
      head.inverseTemperature.floats[i] = 1 / row.sampling.temperature;
    });
    const kind = headKindFor(rows);
    const { token, logProb, probabilities } = await head.run(kind);
    const { vocabSize } = this.decoder.config;
    const pending = rows.map((row, i) => {
      if (kind === 'greedy') return this.accept(row, token!.int32s[i], logProb!.floats[i]);
      const part = (all: Float32Array) => all.subarray(i * vocabSize, (i + 1) * vocabSize);
      const distribution = part(probabilities!.floats);
      const chosen = this.sampler.choose(distribution, part(head.logits.floats), row);
      return this.accept(row, chosen, Math.log(distribution[chosen]));
    });
    await Promise.all(pending);
  }

  private async accept(row: Row, token: number, logProb: number): Promise<void> {
    if (token < 0 || Number.isNaN(logProb))
      row.fail(nanError(`prompt ${row.request.index}`, row.tokens.length));
    else await row.push(token, logProb);
  }

  /** Lets finished and aborted rows go; the last row moves into each gap. */
  private leave(): void {
    for (let i = this.active.length - 1; i >= 0; i--) {
      const row = this.active[i];
      if (!row.settle()) continue;
      const last = this.active.pop()!;
      if (last === row) continue;
      this.workspace.copyRow(this.active.length, i, last.cached);
      this.active[i] = last;
    }
  }
}
