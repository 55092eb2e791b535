import type { Decoder, Workspace } from '../decoder/decoder';
import type { Generation, TokenLogProb } from '../options/generate-options';
import { headKindFor, Sampler } from '../sampling/sampler';
import { topLogProbs } from '../sampling/top-log-probs';
import { nanError } from './nan-error';
import { Row, type RowRequest } from './row';

/** Short prompts are prefilled together up to this many tokens with padding, which bounds the memory of attention scores. */
const PREFILL_TOKENS = 2048;
/** Prefill between two decoding steps covers at most this many tokens, which bounds the delay of active rows. */
const CHUNK_TOKENS = 512;
/** The cache grows by this many tokens at a time: most answers end long before `maxNewTokens`. */
const HEADROOM_TOKENS = 256;

/** A long prompt that is prefilled in chunks. Its row lies after the active rows. */
interface ChunkedPrefill {
  row: Row;
  /** Tokens in the cache so far. */
  done: number;
}

/**
 * Continuous batching (Yu et al. 2022, Orca): a finished row leaves at once, the last row moves into its place, and waiting
 * prompts are prefilled into free rows in their order. Long prompts are prefilled in chunks (Agrawal et al. 2023,
 * https://arxiv.org/abs/2308.16369). Active rows are always rows 0 … n − 1 of the workspace.
 */
export class ContinuousBatching {
  readonly workspace: Workspace;
  private readonly sampler: Sampler;
  private readonly waiting: Row[] = [];
  private readonly active: Row[] = [];
  private prefill: ChunkedPrefill | null = null;
  private running = false;

  constructor(
    private readonly decoder: Decoder,
    private readonly maxRows: number,
  ) {
    this.workspace = decoder.createWorkspace();
    this.sampler = new Sampler(decoder.config.vocabSize);
  }

  /** Number of rows in the batch, and of prompts that wait for a row. */
  get load(): { running: number; waiting: number } {
    return { running: this.active.length + (this.prefill ? 1 : 0), waiting: this.waiting.length };
  }

  /** Enqueues a prompt. It joins the batch before the next step that has room. */
  submit(request: RowRequest): Promise<Generation> {
    return new Promise((resolve, reject) => {
      this.waiting.push(new Row(request, resolve, reject));
      if (this.running) return;
      this.running = true;
      // A microtask later, so that prompts submitted in the same turn of the event loop are prefilled together.
      queueMicrotask(() => void this.run());
    });
  }

  /** Runs steps until no row is left. A failure rejects the affected rows and leaves the batch usable. */
  private async run(): Promise<void> {
    while (this.waiting.length > 0 || this.prefill || this.active.length > 0) {
      try {
        await this.admitPrompts();
        await this.step();
      } catch (error) {
        const affected = this.active.splice(0);
        if (this.prefill) affected.push(this.prefill.row);
        this.prefill = null;
        for (const row of affected) {
          row.fail(error);
          row.settle();
        }
      }
    }
    this.running = false;
  }

  /** Prefills as many waiting prompts as one pause between steps allows. */
  private async admitPrompts(): Promise<void> {
    this.removeFinished();
    if (this.prefill) return this.prefillChunk(this.prefill);
    const group = this.nextGroup();
    if (group.length === 0) return;
    if (group[0].request.prompt.length > CHUNK_TOKENS) {
      this.prefill = { row: group[0], done: 0 };
      return this.prefillChunk(this.prefill);
    }
    const first = this.active.length;
    this.reserve(group);
    this.active.push(...group);
    await this.workspace.prefill(
      first,
      group.map(({ request }) => request.prompt),
    );
    await this.sample(group);
    this.removeFinished();
  }

  /** The waiting prompts that fit, in their order. A long prompt comes alone. */
  private nextGroup(): Row[] {
    const most = this.active.length === 0 ? PREFILL_TOKENS : CHUNK_TOKENS;
    const group: Row[] = [];
    let longest = 0;
    while (this.waiting.length > 0 && this.active.length + group.length < this.maxRows) {
      const { length } = this.waiting[0].request.prompt;
      longest = Math.max(longest, length);
      if (group.length > 0 && (length > CHUNK_TOKENS || longest * (group.length + 1) > most)) break;
      const row = this.waiting.shift()!;
      if (!row.settle()) group.push(row);
      if (length > CHUNK_TOKENS && group.length > 0) break;
    }
    return group;
  }

  /** Prefills the next chunk of a long prompt. After the last chunk the row is active. */
  private async prefillChunk(prefill: ChunkedPrefill): Promise<void> {
    const { row, done } = prefill;
    if (row.settle()) {
      this.prefill = null;
      return;
    }
    const { prompt } = row.request;
    if (done === 0) this.reserve([]);
    prefill.done = Math.min(done + CHUNK_TOKENS, prompt.length);
    await this.workspace.prefill(this.active.length, [prompt.slice(done, prefill.done)], done);
    if (prefill.done < prompt.length) return;
    this.prefill = null;
    this.active.push(row);
    await this.sample([row]);
    this.removeFinished();
  }

  /** Decodes one token of every active row. */
  private async step(): Promise<void> {
    if (this.active.length === 0) return;
    this.reserve([]);
    await this.workspace.decode(
      this.active.map((row) => row.tokens.at(-1)!),
      this.active.map((row) => row.cached),
    );
    await this.sample(this.active);
  }

  /** Reserves cache for the next token of the active rows, and for the joining rows. */
  private reserve(joining: readonly Row[]): void {
    const live = this.active.map((row) => row.cached);
    if (this.prefill) live.push(this.prefill.done);
    const rows = [...this.active, ...(this.prefill ? [this.prefill.row] : []), ...joining];
    const count = Math.min(this.maxRows, rows.length + this.waiting.length);
    const longest = (headroom: number) =>
      Math.max(
        ...rows.map(({ request, cached }) =>
          Math.min(request.prompt.length + request.maxNewTokens, cached + 1 + headroom),
        ),
      );
    if (this.workspace.holds(rows.length, longest(0))) return;
    this.workspace.reserve(count, longest(HEADROOM_TOKENS), live);
  }

  /** Samples the next token of each of `rows`. The head of the workspace holds their logits in this order. */
  private async sample(rows: readonly Row[]): Promise<void> {
    const head = this.workspace.head(rows.length);
    rows.forEach((row, i) => {
      head.inverseTemperature.floats[i] = 1 / row.sampling.temperature;
    });
    const kind = headKindFor(rows);
    const { token, logProb, probabilities } = await head.run(kind);
    const { vocabSize } = this.decoder.config;
    const next = async (row: Row, i: number): Promise<void> => {
      if (kind === 'greedy') return this.accept(row, token!.int32s[i], logProb!.floats[i], []);
      const part = (all: Float32Array) => all.subarray(i * vocabSize, (i + 1) * vocabSize);
      const distribution = part(probabilities!.floats);
      const top = topLogProbs(distribution, row.topLogProbs);
      const sampled = this.sampler.sample(distribution, part(head.logits.floats), row);
      return this.accept(row, sampled, Math.log(distribution[sampled]), top);
    };
    // An error of a row's constraint fails this row only.
    await Promise.all(rows.map((row, i) => next(row, i).catch((error) => row.fail(error))));
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

  /** Removes finished and aborted rows. The last row moves into each gap, and a chunked prefill moves after the last row. */
  private removeFinished(): void {
    const before = this.active.length;
    for (let i = this.active.length - 1; i >= 0; i--) {
      const row = this.active[i];
      if (!row.settle()) continue;
      const last = this.active.pop()!;
      if (last === row) continue;
      this.workspace.copyRow(this.active.length, i, last.cached);
      this.active[i] = last;
    }
    if (this.prefill) this.workspace.copyRow(before, this.active.length, this.prefill.done);
  }
}
