import type { Decoder } from '../decoder/decoder';
import { Workspace } from '../decoder/workspace';
import type { Generation, TokenLogProb } from '../options/generate-options';
import { likeliest } from '../sampling/likeliest';
import { headKindFor, Sampler } from '../sampling/sampler';
import { nanError } from './nan-error';
import { Row, type RowRequest } from './row';

/** Short prompts are read together up to this many tokens, padding included: it bounds the memory of attention scores. */
const PREFILL_TOKENS = 2048;
/** As many tokens of prompts are read between two steps of rows that are being answered: it bounds their wait. */
const PIECE_TOKENS = 512;
/** Answers are given room for this many more tokens at a time: most end long before they may. */
const ROOM_AHEAD = 256;

/** A prompt that is read in pieces, between the steps of others; its row is the one behind the active ones. */
interface Reading {
  row: Row;
  /** Tokens read so far. */
  done: number;
}

/**
 * Continuous batching (Yu et al. 2022, Orca): rows that finish leave at once, the last row moves into their place, and
 * waiting prompts are read into what is free, in their order; long ones in pieces (chunked prefill, Agrawal et al. 2023,
 * https://arxiv.org/abs/2308.16369). Active rows are always rows 0 … n − 1 of the workspace.
 */
export class DecodingLoop {
  readonly workspace: Workspace;
  private readonly sampler: Sampler;
  private readonly waiting: Row[] = [];
  private readonly active: Row[] = [];
  private reading: Reading | null = null;
  private running = false;

  constructor(
    private readonly decoder: Decoder,
    private readonly maxRows: number,
  ) {
    this.workspace = new Workspace(decoder);
    this.sampler = new Sampler(decoder.config.vocabSize);
  }

  /** Rows being answered, and prompts that wait for a row. */
  get load(): { running: number; waiting: number } {
    return { running: this.active.length + (this.reading ? 1 : 0), waiting: this.waiting.length };
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
    while (this.waiting.length > 0 || this.reading || this.active.length > 0) {
      try {
        await this.admit();
        await this.step();
      } catch (error) {
        const touched = this.active.splice(0);
        if (this.reading) touched.push(this.reading.row);
        this.reading = null;
        for (const row of touched) {
          row.fail(error);
          row.settle();
        }
      }
    }
    this.running = false;
  }

  /** Reads of the waiting prompts what may be read before the next step. */
  private async admit(): Promise<void> {
    this.leave();
    if (this.reading) return this.readOn(this.reading);
    const group = this.nextGroup();
    if (group.length === 0) return;
    if (group[0].request.prompt.length > PIECE_TOKENS) {
      this.reading = { row: group[0], done: 0 };
      return this.readOn(this.reading);
    }
    const first = this.active.length;
    this.reserve(group);
    this.active.push(...group);
    await this.workspace.prefill(
      first,
      group.map(({ request }) => request.prompt),
    );
    await this.choose(group);
    this.leave();
  }

  /** Waiting prompts that fit, in their order; a long one alone. */
  private nextGroup(): Row[] {
    const most = this.active.length === 0 ? PREFILL_TOKENS : PIECE_TOKENS;
    const group: Row[] = [];
    let longest = 0;
    while (this.waiting.length > 0 && this.active.length + group.length < this.maxRows) {
      const { length } = this.waiting[0].request.prompt;
      longest = Math.max(longest, length);
      if (group.length > 0 && (length > PIECE_TOKENS || longest * (group.length + 1) > most)) break;
      const row = this.waiting.shift()!;
      if (!row.settle()) group.push(row);
      if (length > PIECE_TOKENS && group.length > 0) break;
    }
    return group;
  }

  /** Reads the next piece; after the last one the row is active. */
  private async readOn(reading: Reading): Promise<void> {
    const { row, done } = reading;
    if (row.settle()) {
      this.reading = null;
      return;
    }
    const { prompt } = row.request;
    if (done === 0) this.reserve([]);
    reading.done = Math.min(done + PIECE_TOKENS, prompt.length);
    await this.workspace.prefill(this.active.length, [prompt.slice(done, reading.done)], done);
    if (reading.done < prompt.length) return;
    this.reading = null;
    this.active.push(row);
    await this.choose([row]);
    this.leave();
  }

  private async step(): Promise<void> {
    if (this.active.length === 0) return;
    this.reserve([]);
    await this.workspace.decode(
      this.active.map((row) => row.tokens.at(-1)!),
      this.active.map((row) => row.cached),
    );
    await this.choose(this.active);
  }

  /** Room for the active rows' next token, and for those that join them. */
  private reserve(joining: readonly Row[]): void {
    const live = this.active.map((row) => row.cached);
    if (this.reading) live.push(this.reading.done);
    const rows = [...this.active, ...(this.reading ? [this.reading.row] : []), ...joining];
    const count = Math.min(this.maxRows, rows.length + this.waiting.length);
    const longest = (ahead: number) =>
      Math.max(
        ...rows.map(({ request, cached }) =>
          Math.min(request.prompt.length + request.maxNewTokens, cached + 1 + ahead),
        ),
      );
    if (this.workspace.holds(rows.length, longest(0))) return;
    this.workspace.reserve(count, longest(ROOM_AHEAD), live);
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
      if (kind === 'greedy') return this.accept(row, token!.int32s[i], logProb!.floats[i], []);
      const part = (all: Float32Array) => all.subarray(i * vocabSize, (i + 1) * vocabSize);
      const distribution = part(probabilities!.floats);
      const top = likeliest(distribution, row.topLogProbs);
      const chosen = this.sampler.choose(distribution, part(head.logits.floats), row);
      return this.accept(row, chosen, Math.log(distribution[chosen]), top);
    });
    await Promise.all(pending);
  }

  private async accept(
    row: Row,
    token: number,
    logProb: number,
    top: readonly TokenLogProb[],
  ): Promise<void> {
    if (token < 0 || Number.isNaN(logProb))
      row.fail(nanError(`prompt ${row.request.index}`, row.tokens.length));
    else await row.push(token, logProb, top);
  }

  /** Lets finished and aborted rows go; the last row moves into each gap, and one that is being read behind them. */
  private leave(): void {
    const before = this.active.length;
    for (let i = this.active.length - 1; i >= 0; i--) {
      const row = this.active[i];
      if (!row.settle()) continue;
      const last = this.active.pop()!;
      if (last === row) continue;
      this.workspace.copyRow(this.active.length, i, last.cached);
      this.active[i] = last;
    }
    if (this.reading) this.workspace.copyRow(before, this.active.length, this.reading.done);
  }
}
