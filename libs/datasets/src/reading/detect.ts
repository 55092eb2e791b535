import { ADAPTERS, serves } from '../adapters';
import type { Adapter, DatasetKind } from '../adapters/adapter';
import { REFUSED_LAYOUTS } from '../adapters/refused';
import { OtherKindError } from './errors';
import { likelyReadings, shownColumns } from './readings';
import type { Row } from './row';

/** Rows by which detection decides, and those that can prove a dataset. */
export const DETECTION_ROWS = 20;
export const PROOF_ROWS = 200;

/** @throws Error when there is no such adapter, or it makes no examples of that kind */
export function namedAdapter(name: string, kind: DatasetKind): Adapter {
  return fitting(adapterCalled(name), kind);
}

/** @throws Error when there is no such adapter */
export function adapterCalled(name: string): Adapter {
  const adapter = ADAPTERS.find((candidate) => candidate.name === name);
  if (!adapter) throw new Error(`dataset adapter "${name}" is not known; expected one of ${names()}.`);
  return adapter;
}

/** @throws Error when the adapter makes no examples of that kind */
export function fitting(adapter: Adapter, kind: DatasetKind): Adapter {
  if (!serves(adapter, kind)) throw new OtherKindError(unfit(adapter, kind));
  return adapter;
}

/**
 * The first adapter that recognizes more than half of the first rows and makes examples of that kind.
 * @throws Error listing the candidates when none does
 */
export function detectAdapter(name: string, rows: readonly Row[], kind: DatasetKind): Adapter {
  const { counts, found } = recognizing(rows);
  const adapter = found.find((candidate) => serves(candidate, kind));
  if (adapter) return adapter;
  if (found.length > 0) throw new OtherKindError(`dataset ${name}: ${unfit(found[0], kind)}`);
  const refused = REFUSED_LAYOUTS.find(({ detect }) => rows.filter(detect).length > rows.length / 2);
  if (refused) throw new Error(`dataset ${name}: ${refused.says}`);
  const some = counts.filter(({ count }) => count > 0).sort((a, b) => b.count - a.count);
  if (some.length > 0) {
    throw new Error(
      `dataset ${name}: not sure what format this is. Of its first ${Math.min(rows.length, DETECTION_ROWS)} rows, ` +
        `${some.map((one) => `${one.count} look like ${one.adapter.name}`).join(', ')}. Name the adapter, or split the file.`,
    );
  }
  throw new Error(
    `dataset ${name}: no adapter recognizes rows with the fields ${shownColumns(rows)}. ${proposal(rows)} ` +
      'Other formats can be named with --adapter.',
  );
}

/** The adapters that recognize more than half of the first rows, in the order of the list. */
export function recognized(rows: readonly Row[]): Adapter[] {
  return recognizing(rows).found;
}

/** The usual kind of an adapter; by default the first that it makes of pairs, conversations and prompts. */
export function kindOfAdapter(adapter: Adapter): DatasetKind {
  const kinds = ['preference', 'supervised', 'prompts'] as const;
  return adapter.usualKind ?? kinds.find((kind) => serves(adapter, kind)) ?? 'prompts';
}

function recognizing(rows: readonly Row[]) {
  const first = rows.slice(0, DETECTION_ROWS);
  const counts = ADAPTERS.map((adapter) => ({
    adapter,
    count: adapter.proves?.(rows) ? first.length : first.filter(adapter.detect).length,
  }));
  return {
    counts,
    found: counts.filter(({ count }) => count > first.length / 2).map(({ adapter }) => adapter),
  };
}

function proposal(rows: readonly Row[]): string {
  const readings = likelyReadings(rows);
  return readings.length > 0
    ? `They may be ${readings.join('; or ')}.`
    : 'There is no text in them to learn from: name the file with the texts.';
}

const names = () => ADAPTERS.map((adapter) => adapter.name).join(', ');

function unfit(adapter: Adapter, kind: DatasetKind): string {
  const has = (['supervised', 'preference', 'unpaired', 'prompts'] as const).filter((other) =>
    serves(adapter, other),
  );
  return `the "${adapter.name}" format holds no ${kind} examples; it gives ${has.join(' and ')}.`;
}
