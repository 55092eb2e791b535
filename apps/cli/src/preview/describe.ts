import { shownColumns } from '../terminal/columns-flag';
import { formatNumber } from '../terminal/format';
import { formatTable } from '../terminal/table';
import type { Found } from './read-examples';
import type { Rendered } from './render';

export interface Measured {
  unit: string;
  template: string;
  maxLength: number;
  /** Number of examples that training would drop because of their length, by reason. */
  dropped: Record<string, number>;
  measured: number;
  median: number;
  most: number;
  longest: number;
}

const kinds = { supervised: 'conversations', preference: 'pairs', prompts: 'prompts' };

/** The numbers of examples and dropped rows, with their reasons, and the lengths of the examples. */
export function describeFound(
  path: string,
  { kind, adapter, columns, examples, dropped, firstDropped }: Found,
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
      return [`  ${reason}`, formatNumber(count), `first at line ${line}:`, text.slice(0, 60)];
    });
    lines.push(formatTable(rows));
  }
  const { unit, template, median, most, longest, maxLength } = measured;
  lines.push(
    `Length in ${unit}, template ${template}: median ${formatNumber(median)}, 95 % at most ${formatNumber(most)}, longest ${formatNumber(longest)}` +
      (measured.measured < examples.length ? ` (of the first ${formatNumber(measured.measured)})` : ''),
  );
  for (const [reason, count] of Object.entries(measured.dropped)) {
    lines.push(`Dropped at --max-length ${maxLength}: ${formatNumber(count)} (${reason})`);
  }
  return lines.join('\n');
}

/** An example as the model sees it. The text that it is trained on is in ⟦ ⟧, in a terminal also in green. */
export function showExample(
  number: number,
  { parts, rejected, tokens }: Rendered,
  unit: string,
  colored: boolean,
): string {
  const paint = (text: string, color: number) => (colored ? `\u001b[${color}m${text}\u001b[0m` : text);
  const text = parts.map((part) => (part.trained ? paint(`⟦${part.text}⟧`, 32) : part.text)).join('');
  const worse = rejected === undefined ? '' : `\nrejected: ${paint(`⟦${rejected}⟧`, 31)}`;
  return `\n--- example ${number}, ${tokens} ${unit} ---\n${text}${worse}`;
}
