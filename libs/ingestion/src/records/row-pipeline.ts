import type { Split } from '@open-chatgpt/datasets';
import { oncePerRow, shownRow } from '@open-chatgpt/datasets';
import { createDuplicates, type Duplicates } from '../dedup/duplicates';
import type { Journaled, Origin } from '../dedup/journaled';
import { parseDedupOptions } from '../dedup/options';
import type { IngestOptions, IngestSource } from '../ingest/options';
import { type DropCounts, DropLog } from './drop-log';
import type { PreparedExample } from './prepare-example';
import type { PreparedRow } from './prepare-rows';
import { type RepairCounts, RepairLog } from './repair-log';
import { createLeakDetector, type LeakDetector } from './split-leakage';
import { Statistics, type StatisticsTable } from './statistics';

/** The counts, as JSON. With the journals of `journaled`, they are the whole state of the pipeline. */
export interface PipelineState {
  dropped: DropCounts;
  /** Rows in which reading or cleaning changed a text, by the name of the change. */
  repaired: RepairCounts;
  /** Prompts that are near-duplicates of prompts in the other split. They are kept. */
  nearPromptsAcrossSplit: DropCounts;
  characters: Record<Split, StatisticsTable>;
}

/** The steps that depend on earlier rows: duplicates, leakage between the splits, and the counts. */
export class RowPipeline {
  private readonly duplicates: Duplicates;
  private readonly leaks: LeakDetector | null;
  private readonly sources: readonly IngestSource[];
  private readonly names: string[];
  private readonly dropped: DropLog;
  private readonly crossing: DropLog;
  private readonly repaired: RepairLog;
  private readonly characters: Record<Split, Statistics>;

  constructor(
    { dedup, split = {}, sources }: IngestOptions,
    readonly state: PipelineState = {
      dropped: {},
      repaired: {},
      nearPromptsAcrossSplit: {},
      characters: { train: {}, eval: {} },
    },
  ) {
    const parsed = parseDedupOptions(dedup);
    this.duplicates = createDuplicates(dedup);
    this.sources = sources;
    this.names = sources.map(({ name }) => name);
    this.leaks = parsed.near && (split.evalFraction ?? 0) > 0 ? createLeakDetector(parsed) : null;
    this.dropped = new DropLog(state.dropped);
    this.repaired = new RepairLog(state.repaired);
    this.crossing = new DropLog(state.nearPromptsAcrossSplit);
    this.characters = {
      train: new Statistics(state.characters.train),
      eval: new Statistics(state.characters.eval),
    };
  }

  get journaled(): Journaled[] {
    return [...this.duplicates.journaled, ...(this.leaks ? [this.leaks.journaled] : [])];
  }

  /** The lines to write for a row of a source; none when the row is dropped. */
  process(source: number, row: PreparedRow): { split: Split; line: Uint8Array }[] {
    if ('dropped' in row) {
      this.drop(row.dropped, source, row);
      return [];
    }
    const lines = row.prepared.flatMap((example) => this.place(source, row, example) ?? []);
    if (lines.length > 0) this.countRepairs(source, row);
    return lines;
  }

  private place(source: number, row: PreparedRow, example: PreparedExample) {
    if ('dropped' in example) return this.drop(example.dropped, source, row);
    const { line, signature, prompt, language, characters } = example;
    const split = this.sources[source].split ?? example.split;
    const origin = { source, row: row.line };
    const duplicate = this.duplicates.checkSigned(signature, origin);
    if (duplicate) return this.drop(duplicate.dropped, source, row, duplicate.of);

    const other = prompt && this.leaks?.check(prompt, origin, split === 'eval');
    if (other) this.log(this.crossing, split, source, row, other);
    this.characters[split].add(this.names[source], language, characters);
    return { split, line };
  }

  private countRepairs(source: number, row: Extract<PreparedRow, { prepared: unknown }>): void {
    const all = [...row.repairs, ...row.prepared.flatMap(({ repairs }) => repairs)];
    for (const repair of oncePerRow(all))
      this.repaired.add(repair, this.names[source], row.line, () => this.placeOf(source, row.line));
  }

  private placeOf(source: number, line: number): string | undefined {
    const at = this.sources[source].place?.(line);
    return at && `${at.file}:${at.line}`;
  }

  private drop(reason: string, source: number, row: { line: number; row: unknown }, of?: Origin): null {
    this.log(this.dropped, reason, source, row, of);
    return null;
  }

  private log(
    log: DropLog,
    reason: string,
    source: number,
    { line, row }: { line: number; row: unknown },
    of?: Origin,
  ) {
    const repeated = of && { dataset: this.names[of.source], row: of.row };
    log.add(reason, { dataset: this.names[source], row: line, of: repeated }, () => ({
      text: shownRow(row),
      place: this.placeOf(source, line),
    }));
  }
}
