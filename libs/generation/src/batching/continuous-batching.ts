import type { RowAdapters } from '../adapters/adapter-stack';
import type { Decoder, Workspace } from '../decoder/decoder';
import type { Head } from '../decoder/head';
import type { Generation, TokenLogProb } from '../options/generate-options';
import { headKindFor, Sampler } from '../sampling/sampler';
import { topLogProbs } from '../sampling/top-log-probs';
import type { Drafter, SpeculationCounts } from '../speculation/drafter';
import { nanError } from './nan-error';
import { type KeptTokens, longestPrefix, type Prefix, PrefixCache } from './prefix-cache';
import { Row, type RowRequest } from './row';

/** Short prompts are prefilled together up to this many tokens with padding, which bounds the memory of attention scores. */
const PREFILL_TOKENS = 2048;
/** Prefill between two decoding steps covers at most this many tokens, which bounds the delay of active rows. */
const CHUNK_TOKENS = 512;
/** The cache grows by this many tokens at a time: most answers end long before `maxNewTokens`. */
const HEADROOM_TOKENS = 256;

/** A prompt that is prefilled alone, because it is long or begins in the cache. Its row lies after the active rows. */
interface SinglePrefill {
  row: Row;
  /** Tokens in the cache so far. */
  done: number;
}

/** A prompt equal to one of its group: its row becomes a copy. */
interface Copy {
  row: Row;
  /** Number of the other prompt in the group. */
  of: number;
}

export interface BatchingOptions {
  /** Largest number of rows. */
  maxRows: number;
  /** Whether a prompt that begins as the tokens of a row reuses their keys and values. */
  sharePrefixes: boolean;
  /** Memory for the keys and values of finished rows. */
  prefixCacheBytes: number;
  speculation: Speculation | null;
}

export interface Speculation {
  drafter: Drafter;
  /** Tokens of a draft. */
  maxTokens: number;
}

/**
 * Continuous batching (Yu et al. 2022, Orca): a finished row leaves at once, the last row moves into its place, and waiting
 * prompts are prefilled into free rows by their priority, then in their order. Long prompts are prefilled in chunks (Agrawal et al. 2023,
 * https://arxiv.org/abs/2308.16369). Active rows are always rows 0 … n − 1 of the workspace.
 *
 * A prompt that begins as the tokens of an active or a kept row copies their keys and values, and only the rest is computed.
 * A row without a token yet, whose prompt is in the cache up to its last token, gets its first token by the next step.
 *
 * While a row is alone, a step may read a draft of its next tokens too. Each token is sampled as without a draft, from the logits
 * after those before it and with the same random numbers, and the step ends at the first one that the draft has not: so the
 * answers, and their distribution, do not depend on drafts.
 */
export class ContinuousBatching {
  readonly workspace: Workspace;
  private readonly sampler: Sampler;
  private readonly kept: PrefixCache;
  /** By priority, then in their order. */
  private waiting: Row[] = [];
  private readonly active: Row[] = [];
  /** A group that is being prefilled. Its rows lie after the active rows. */
  private readonly joining: Row[] = [];
  private single: SinglePrefill | null = null;
  private running = false;
  readonly speculationCounts: SpeculationCounts = { drafts: 0, draftTokens: 0, acceptedTokens: 0 };

  constructor(
    private readonly decoder: Decoder,
    private readonly options: BatchingOptions,
  ) {
    this.workspace = decoder.createWorkspace();
    this.sampler = new Sampler(decoder.config.vocabSize);
    this.kept = new PrefixCache(this.workspace, options.prefixCacheBytes);
  }

  /** Number of rows in the batch, and of prompts that wait for a row. */
  get load(): { running: number; waiting: number } {
    const running = this.active.length + this.joining.length + (this.single ? 1 : 0);
    return { running, waiting: this.waiting.length };
  }

  /** Memory of the rows and of kept rows. */
  get kvCacheBytes(): number {
    return this.workspace.kvCacheBytes + this.kept.bytes;
  }

  /** Enqueues a prompt. It joins the batch before the next step that has room. */
  submit(request: RowRequest): Promise<Generation> {
    return new Promise((resolve, reject) => {
      const behind = this.waiting.findLastIndex((row) => row.request.priority <= request.priority);
      this.waiting.splice(behind + 1, 0, new Row(request, resolve, reject));
      if (this.running) return;
      this.running = true;
      // A microtask later, so that prompts submitted in the same turn of the event loop are prefilled together.
      queueMicrotask(() => void this.run());
    });
  }

  /** Runs steps until no row is left. A failure rejects the affected rows and leaves the batch usable. */
  private async run(): Promise<void> {
    while (this.waiting.length > 0 || this.single || this.active.length > 0) {
      try {
        await this.admitPrompts();
        await this.step();
      } catch (error) {
        const affected = [...this.active.splice(0), ...this.joining.splice(0)];
        if (this.single) affected.push(this.single.row);
        this.single = null;
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
    let computed = 0;
    while (computed < CHUNK_TOKENS) {
      const tokens = await this.admit(CHUNK_TOKENS - computed);
      if (tokens === 0) return;
      computed += tokens;
    }
  }

  /**
   * Admits a group of prompts, or a part of a single one.
   * @param room number of tokens that the pause still allows; CHUNK_TOKENS at its begin
   * @returns the number of computed tokens; 0 when nothing fits
   */
  private async admit(room: number): Promise<number> {
    // An aborted prompt fails at the next step, wherever it waits.
    this.waiting = this.waiting.filter((row) => !row.settle());
    if (!this.single) {
      if (this.waiting.length === 0 || this.active.length >= this.options.maxRows) return 0;
      const [row] = this.waiting;
      const prefix = this.prefixOf(row, []);
      if (!prefix && row.request.prompt.length <= CHUNK_TOKENS) return this.prefillGroup(room);
      this.waiting.shift();
      this.single = { row, done: 0 };
      this.reserve();
      if (prefix) {
        this.copyPrefix(prefix, this.active.length);
        this.single.done = row.cachedTokens = prefix.tokens;
      }
    }
    return this.prefillSingle(this.single, room);
  }

  private async prefillGroup(room: number): Promise<number> {
    const { group, copies } = this.nextGroup(room);
    if (group.length === 0) return 0;
    this.joining.push(...group, ...copies.map(({ row }) => row));
    this.reserve();
    const first = this.active.length;
    const prompts = group.map(({ request }) => request.prompt);
    await this.workspace.prefill(first, prompts, 0, adaptersOf(group));
    copies.forEach(({ row, of }, i) => {
      row.cachedTokens = row.cached;
      this.workspace.copyRow(first + of, first + group.length + i, row.cached);
    });
    this.active.push(...this.joining.splice(0));
    await this.sample(group);
    this.removeFinished();
    return group.length * Math.max(...prompts.map(({ length }) => length));
  }

  /** The waiting prompts that fit, in their order. */
  private nextGroup(room: number): { group: Row[]; copies: Copy[] } {
    const most = this.active.length === 0 ? PREFILL_TOKENS : room;
    const free = this.options.maxRows - this.active.length;
    const group: Row[] = [];
    const copies: Copy[] = [];
    let longest = 0;
    while (this.waiting.length > 0 && group.length + copies.length < free) {
      const [row] = this.waiting;
      const { length } = row.request.prompt;
      const prefix = this.prefixOf(row, group);
      const of = prefix && prefix.tokens === row.cached ? group.indexOf(prefix.source as Row) : -1;
      if (of >= 0) copies.push({ row, of });
      else {
        longest = Math.max(longest, length);
        const fits = length <= CHUNK_TOKENS && longest * (group.length + 1) <= most;
        const firstOfPause = group.length === 0 && room === CHUNK_TOKENS;
        if (prefix || !(fits || firstOfPause)) break;
        group.push(row);
      }
      this.waiting.shift();
    }
    return { group, copies };
  }

  /** Prefills the next chunk of a single prompt. After the last chunk the row is active. */
  private async prefillSingle(single: SinglePrefill, room: number): Promise<number> {
    const { row, done } = single;
    if (row.settle()) {
      this.single = null;
      return 1;
    }
    const { prompt } = row.request;
    const length = Math.min(prompt.length - done, CHUNK_TOKENS);
    if (length > room) return 0;
    const last = done + length === prompt.length;
    const needsStepOnly = done === row.cached;
    if (!needsStepOnly) {
      const chunk = prompt.slice(done, done + length);
      await this.workspace.prefill(this.active.length, [chunk], done, adaptersOf([row]));
      single.done += length;
    }
    if (!last) return length;
    this.single = null;
    this.active.push(row);
    if (needsStepOnly) return length;
    await this.sample([row]);
    this.removeFinished();
    return length;
  }

  /** The longest beginning of a prompt that is in the cache: in an active row, a row of `group`, or a kept row. */
  private prefixOf({ request }: Row, group: readonly Row[]): Prefix<Row | KeptTokens> | null {
    if (!this.options.sharePrefixes) return null;
    return longestPrefix(request, [...this.active, ...group, ...this.kept.all]);
  }

  private copyPrefix({ source, tokens }: Prefix<Row | KeptTokens>, to: number): void {
    if (source instanceof Row) this.workspace.copyRow(this.active.indexOf(source), to, tokens);
    else this.kept.restore(source, to, tokens);
  }

  /** Decodes one token of every active row, or several of a single one. */
  private async step(): Promise<void> {
    if (this.active.length === 0) return;
    const draft = await this.draft();
    this.reserve(draft.length);
    if (draft.length > 0) return this.verify(this.active[0], draft);
    await this.workspace.decode(
      this.active.map((row) => row.next),
      this.active.map((row) => row.cached),
      adaptersOf(this.active),
    );
    await this.sample(this.active);
  }

  /** A guess at the next tokens of the only row. A draft never ends an answer: its last token is sampled after it. */
  private async draft(): Promise<readonly number[]> {
    const { speculation } = this.options;
    const [row, ...others] = this.active;
    if (!speculation || others.length > 0 || this.single || this.waiting.length > 0) return [];
    const left = row.request.maxNewTokens - row.tokens.length - 1;
    const most = Math.min(speculation.maxTokens, row.draftLength, left);
    return most > 0 ? speculation.drafter.propose(row.ids, most) : [];
  }

  private async verify(row: Row, draft: readonly number[]): Promise<void> {
    const tokens = [row.next, ...draft];
    const head = await this.workspace.verify(0, tokens, row.cached, adaptersOf([row]));
    const next = await this.distributions(
      tokens.map(() => row),
      head,
    );
    let accepted = -1;
    do {
      accepted++;
      await next(row, accepted);
    } while (!row.ended && row.tokens.at(-1) === draft[accepted]);
    row.draftLength = accepted === draft.length ? 2 * Math.max(draft.length, row.draftLength) : accepted + 1;
    this.speculationCounts.drafts++;
    this.speculationCounts.draftTokens += draft.length;
    this.speculationCounts.acceptedTokens += accepted;
  }

  /**
   * Prepares the adapters of all rows, and reserves cache for the next token of the active rows, and for the joining rows.
   * @param ahead further tokens that the next step reads
   */
  private reserve(ahead = 0): void {
    const live = this.active.map((row) => row.cached);
    if (this.single) live.push(this.single.done);
    const rows = [...this.active, ...(this.single ? [this.single.row] : []), ...this.joining];
    this.workspace.useAdapters(new Set(adaptersOf(rows).filter((adapter) => adapter !== null)));
    const count = Math.min(this.options.maxRows, rows.length + this.waiting.length);
    const longest = (headroom: number) =>
      Math.max(
        ...rows.map(({ request, cached }) =>
          Math.min(request.prompt.length + request.maxNewTokens, cached + 1 + ahead + headroom),
        ),
      );
    if (this.workspace.holds(rows.length, longest(0))) return;
    this.workspace.reserve(count, longest(HEADROOM_TOKENS), live);
  }

  /** Samples the next token of each of `rows`. The head of the workspace holds their logits in this order. */
  private async sample(rows: readonly Row[]): Promise<void> {
    const next = await this.distributions(rows, this.workspace.head(rows.length));
    await Promise.all(rows.map(next));
  }

  /**
   * Computes the distributions after the logits of a head, one for each of `rows`.
   * @returns samples the next token of a row from the distribution of this number. An error of a row's constraint fails this row only
   */
  private async distributions(
    rows: readonly Row[],
    head: Head,
  ): Promise<(row: Row, i: number) => Promise<void>> {
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
    return (row, i) => next(row, i).catch((error) => row.fail(error));
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

  /** Removes finished and aborted rows. The last row moves into each gap, and a single prefill moves after the last row. */
  private removeFinished(): void {
    const before = this.active.length;
    for (let i = this.active.length - 1; i >= 0; i--) {
      const row = this.active[i];
      if (!row.settle()) continue;
      if (!row.failed) this.kept.keep(row, i);
      const last = this.active.pop()!;
      if (last === row) continue;
      this.workspace.copyRow(this.active.length, i, last.cached);
      this.active[i] = last;
    }
    if (this.single) this.workspace.copyRow(before, this.active.length, this.single.done);
  }
}

const adaptersOf = (rows: readonly Row[]): RowAdapters => rows.map(({ request }) => request.adapter ?? null);
