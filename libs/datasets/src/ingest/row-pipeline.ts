import { clean, cleaningRules } from '../cleaning/clean';
import { charactersOf, type Example, textsOf } from '../cleaning/example-texts';
import { type CleaningRule, isRejected } from '../cleaning/rule';
import { createDuplicates, type Duplicates } from '../dedup/duplicates';
import type { Journaled, Origin } from '../dedup/journaled';
import { parseDedupOptions } from '../dedup/options';
import { promptPlace } from '../split-by-prompt';
import { comparisonOf } from './comparison';
import type { Converted } from './convert-rows';
import { type DropCounts, DropLog, showRow } from './drop-log';
import { detectLanguage } from './language';
import type { IngestOptions, IngestSource } from './options';
import { toRecord } from './records';
import { createSideWatch, type SideWatch } from './side-watch';
import { Statistics, type StatisticsTable } from './statistics';

export const SIDES = ['train', 'eval'] as const;
export type Side = (typeof SIDES)[number];

/** What was counted, as JSON; with the journals of `journaled`, all that the next row's fate depends on. */
export interface PipelineState {
  dropped: DropCounts;
  corrected: Record<string, number>;
  /** Prompts that nearly are prompts on the other side of the split. They are kept. */
  nearPromptsAcrossSplit: DropCounts;
  characters: Record<Side, StatisticsTable>;
}

/** What one row becomes: cleaned, rid of copies, with its language, on one side of the split. */
export class RowPipeline {
  private readonly rules: CleaningRule[];
  private readonly duplicates: Duplicates;
  private readonly sideWatch: SideWatch | null;
  private readonly by: 'example' | 'prompt';
  private readonly sources: readonly IngestSource[];
  private readonly names: string[];
  private readonly languageOf: (text: string) => string;
  private readonly evalFraction: number;
  private readonly seed: number;
  private readonly dropped: DropLog;
  private readonly crossing: DropLog;
  private readonly characters: Record<Side, Statistics>;

  constructor(
    { cleaning, dedup, split = {}, sources, detectLanguage: tagged = true }: IngestOptions,
    readonly state: PipelineState = {
      dropped: {},
      corrected: {},
      nearPromptsAcrossSplit: {},
      characters: { train: {}, eval: {} },
    },
  ) {
    const parsed = parseDedupOptions(dedup);
    this.rules = cleaningRules(cleaning);
    this.duplicates = createDuplicates(dedup);
    this.by = parsed.by;
    this.sources = sources;
    this.names = sources.map(({ name }) => name);
    this.languageOf = tagged ? detectLanguage : () => 'und';
    this.evalFraction = split.evalFraction ?? 0;
    this.seed = split.seed ?? 0;
    this.sideWatch = parsed.near && this.evalFraction > 0 ? createSideWatch(parsed) : null;
    this.dropped = new DropLog(state.dropped);
    this.crossing = new DropLog(state.nearPromptsAcrossSplit);
    this.characters = {
      train: new Statistics(state.characters.train),
      eval: new Statistics(state.characters.eval),
    };
  }

  get journaled(): Journaled[] {
    return [...this.duplicates.journaled, ...(this.sideWatch ? [this.sideWatch.journaled] : [])];
  }

  /** The lines to write for a converted row of source number `source`; none when it is dropped. */
  process(source: number, converted: Converted<Example>): { side: Side; line: string }[] {
    if (!('dropped' in converted))
      return converted.examples.flatMap((example) => this.place(source, converted, example) ?? []);
    this.drop(converted.dropped, source, converted);
    return [];
  }

  private place(source: number, { line: row, row: raw }: Converted<Example>, example: Example) {
    const cleaned = clean(example, this.rules, (rule) => {
      this.state.corrected[rule] = (this.state.corrected[rule] ?? 0) + 1;
    });
    if (isRejected(cleaned)) return this.drop(cleaned.dropped, source, { line: row, row: raw });
    const { fixed, text } = comparisonOf(cleaned, this.by);
    const duplicate = this.duplicates.check(text, { source, row }, fixed);
    if (duplicate) return this.drop(duplicate.dropped, source, { line: row, row: raw }, duplicate.of);

    const side: Side = promptPlace(cleaned, this.seed) < this.evalFraction ? 'eval' : 'train';
    const other = this.sideWatch?.check(cleaned, { source, row }, side === 'eval');
    if (other) this.log(this.crossing, side, source, { line: row, row: raw }, other);
    const texts = textsOf(cleaned);
    const language = this.languageOf(texts.join('\n'));
    const dataset = this.names[source];
    this.characters[side].add(dataset, language, charactersOf(cleaned));
    return { side, line: `${JSON.stringify(toRecord(cleaned, { dataset, row, language }))}\n` };
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
    log.add(reason, { dataset: this.names[source], row: line, of: repeated }, () => {
      const at = this.sources[source].place?.(line);
      return { text: showRow(row), place: at && `${at.file}:${at.line}` };
    });
  }
}
