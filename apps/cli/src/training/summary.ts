import { figureTitle, type RunReport, type StageReport, stageLabel } from '@open-chatgpt/runs';
import { formatDuration, formatNumber, formatShare } from '../terminal/format';
import { formatTable } from '../terminal/table';

/** Before and after of each stage, one line a figure. */
export function summarize(report: RunReport): string {
  const rows = report.stages.flatMap((stage) =>
    stage.figures
      .filter(({ before, after }) => before !== null || after !== null)
      .map((figure) => [
        stageLabel(stage),
        figureTitle(figure),
        shown(figure.before, figure.format),
        shown(figure.after, figure.format),
      ]),
  );
  const remarks = report.stages.flatMap((stage) =>
    stage.figures.flatMap(({ title, remark }) =>
      remark === null ? [] : [`${stageLabel(stage)}: ${title}: ${remark}`],
    ),
  );
  const memory =
    report.peakRssMb === null ? '' : `, at most ${formatNumber(Math.round(report.peakRssMb))} MB of memory`;
  return [
    formatTable([['stage', 'measure', 'before', 'after'], ...rows]),
    ...report.stages.flatMap(describeSamples),
    ...remarks,
    `${formatDuration(report.seconds)} in all${memory}`,
  ].join('\n');
}

function shown(value: number | null, format: 'number' | 'share'): string {
  if (value === null) return '–';
  return format === 'share' ? formatShare(value) : formatNumber(value);
}

/** What became of the samples of a stage that generates some, and what its time was spent on. */
function describeSamples({ ledger, timeShares }: StageReport): string[] {
  const lines: string[] = [];
  if (ledger) {
    const dropped = Object.entries(ledger.dropped).map(
      ([reason, count]) => `, ${count} left out (${reason})`,
    );
    lines.push(`${ledger.generated} responses sampled, ${ledger.trained} trained on${dropped.join('')}`);
  }
  if (timeShares) {
    const shares = Object.entries(timeShares).map(([what, share]) => `${formatShare(share)} ${what}`);
    lines.push(`time of a step: ${shares.join(', ')}`);
  }
  return lines;
}

/**
 * Answers before and after the last stage, as many as `count`; those that changed come first, as in the report. At most half of them are
 * wrong ones while there are others, so that a few mistakes do not hide what is right.
 */
export function showSamples({ comparison }: RunReport, count: number): string {
  if (!comparison) return '';
  const { label, rows } = comparison;
  const reward = (value: number | null) => (value === null ? '' : `  (reward ${formatNumber(value)})`);
  const mark = (right: boolean | null) => (right === null ? '' : right ? '  ✓ right' : '  ✗ wrong');
  const changedFirst = [...rows].sort((a, b) => Number(b.before !== b.after) - Number(a.before !== a.after));
  const wrong = changedFirst.filter(({ rightAfter }) => rightAfter === false);
  const others = changedFirst.filter(({ rightAfter }) => rightAfter !== false);
  const wrongShown = Math.max(Math.floor(count / 2), count - others.length);
  return [...wrong.slice(0, wrongShown), ...others]
    .slice(0, count)
    .map((row) =>
      [
        `> ${row.prompt}`,
        `  before ${label}: ${row.before}${mark(row.rightBefore)}${reward(row.rewardBefore)}`,
        `  after ${label}:  ${row.after}${mark(row.rightAfter)}${reward(row.rewardAfter)}`,
        ...(row.reference === null ? [] : [`  reference: ${row.reference}`]),
      ].join('\n'),
    )
    .join('\n');
}
