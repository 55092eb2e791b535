import { printable } from '@open-chatgpt/untrusted';
import { shownColumns } from '../terminal/columns-flag';
import { formatNumber } from '../terminal/format';
import type { Part } from '../terminal/print';
import { formatTable } from '../terminal/table';
import type { Found } from './read-examples';
import type { Rendered } from './render';

export interface Measured {
  unit: string;
  template: string;
  maxLength: number;
  /** Number of examples that training would drop, by reason: because of their length, or of the template. */
  dropped: Record<string, number>;
  /** Number of answers that are not learned as they were written, by reason. */
  lostAnswers: Record<string, number>;
  /** What the template says of the first one. */
  detail?: string;
  measured: number;
  median: number;
  most: number;
  longest: number;
}

/** Reasons that depend on the longest length. */
const LENGTHS = new Set(['noLabelLeft', 'promptTooLong', 'answerTooLong']);

const kinds = {
  supervised: 'conversations',
  preference: 'pairs',
  unpaired: 'answers with labels',
  prompts: 'prompts',
};

/** The numbers of examples and dropped rows, with their reasons, and the lengths of the examples. */
export function describeFound(
  path: string,
  { kind, adapter, columns, examples, dropped, firstDropped, repaired }: Found,
  measured: Measured,
): string {
  const lines = [`${path}: ${formatNumber(examples.length)} ${kinds[kind]}, read as "${adapter}"`];
  if (columns) lines.push(`Columns: ${shownColumns(columns)}`);
  const reasons = Object.entries(dropped);
  if (reasons.length > 0) {
    const total = reasons.reduce((sum, [, count]) => sum + count, 0);
    lines.push(`Dropped: ${formatNumber(total)} rows`);
    const rows = reasons.map(([reason, count]) => {
      const { line, text } = firstDropped[reason];
      return [`  ${reason}`, formatNumber(count), `first at line ${line}:`, printable(text, 60)];
    });
    lines.push(formatTable(rows));
  }
  const changes = Object.entries(repaired);
  if (changes.length > 0) {
    lines.push('Changed:');
    const rows = changes.map(([name, { rows: count, first }]) => [
      `  ${name}`,
      `${formatNumber(count)} rows`,
      `first at line ${first.line}:`,
      printable(`${JSON.stringify(first.before)} → ${JSON.stringify(first.after)}`),
    ]);
    lines.push(formatTable(rows));
  }
  const { unit, template, median, most, longest, maxLength } = measured;
  lines.push(
    `Length in ${unit}, template ${template}: median ${formatNumber(median)}, 95 % at most ${formatNumber(most)}, longest ${formatNumber(longest)}` +
      (measured.measured < examples.length ? ` (of the first ${formatNumber(measured.measured)})` : ''),
  );
  for (const [reason, count] of Object.entries(measured.dropped)) {
    const cause = LENGTHS.has(reason) ? `at --max-length ${maxLength}` : 'by the template';
    lines.push(`Dropped ${cause}: ${formatNumber(count)} (${reason})`);
  }
  if (measured.detail) lines.push(printable(measured.detail));
  for (const [reason, count] of Object.entries(measured.lostAnswers)) {
    lines.push(`Answers not learned as they were written: ${formatNumber(count)} (${reason})`);
  }
  return lines.join('\n');
}

/** An example as the model sees it. The text that it is trained on is in ⟦ ⟧, and green. */
export function showExample(
  number: number,
  { parts, rejected, label, tokens }: Rendered,
  unit: string,
): Part[] {
  const shown = parts.map(({ text, trained }) => (trained ? { text: `⟦${text}⟧`, color: 32 } : { text }));
  const worse =
    rejected === undefined ? [] : [{ text: '\nrejected: ' }, { text: `⟦${rejected}⟧`, color: 31 }];
  return [
    {
      text: `\n--- example ${number}, ${tokens} ${unit}${label === undefined ? '' : `, label ${label}`} ---\n`,
    },
    ...shown,
    ...worse,
  ];
}
