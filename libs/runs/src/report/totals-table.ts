import { figureTitle } from './figures';
import { type Html, html } from './html';
import { duration, percent, shown } from './numbers';
import type { RunReport, StageReport } from './schema';
import { shownChange, stageLabel } from './tiles';

type Row = [name: string, value: string | Html];

/** `evaluationRows` → "held-out rows". */
export const factName = (name: string): string =>
  name
    .replace(/^evaluation/, 'held-out ')
    .replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter}`)
    .toLowerCase();

function stageRows(stage: StageReport): Row[] {
  const { steps, tokens, tokensPerSecond, ledger, timeShares, datasets, facts, figures } = stage;
  const label = stageLabel(stage);
  const rows: Row[] = [
    [label, `${shown(steps)} steps, ${shown(tokens)} tokens, ${shown(tokensPerSecond)} tokens/s`],
  ];
  if (datasets.length > 0) rows.push([`${label}: datasets`, datasets.join(', ')]);
  for (const [name, value] of Object.entries(facts))
    rows.push([
      `${label}: ${factName(name)}`,
      typeof value === 'number' ? value.toLocaleString('en-US') : value,
    ]);
  for (const figure of figures)
    if (figure.before !== null || figure.after !== null)
      rows.push([`${label}: ${figureTitle(figure)}`, shownChange(figure)]);
  if (ledger) {
    rows.push([`${label}: samples generated`, shown(ledger.generated)]);
    rows.push([`${label}: samples trained on`, shown(ledger.trained)]);
    for (const [reason, count] of Object.entries(ledger.dropped))
      rows.push([`${label}: samples dropped: ${reason}`, shown(count)]);
  }
  if (timeShares)
    rows.push([
      `${label}: time of a step`,
      Object.entries(timeShares)
        .map(([what, share]) => `${percent(share)} ${what}`)
        .join(', '),
    ]);
  return rows;
}

/** Where a run was executed, and what it took. */
export function machineRows({ machine, seconds, peakRssMb }: RunReport): Row[] {
  const rows: Row[] = [
    ['Time', duration(seconds)],
    ['Peak memory', peakRssMb === null ? '–' : `${shown(peakRssMb)} MB`],
  ];
  if (!machine) return rows;
  const { version, node, platform, processor, cores, memoryMb, threads } = machine;
  rows.push(
    ['Machine', `${processor}, ${cores} cores, ${shown(memoryMb)} MB of memory, ${platform}`],
    ['Threads of the engine', String(threads)],
    ['Version', `Open-ChatGPT ${version}, Node ${node}`],
  );
  return rows;
}

/** Figures and counts that let a reader check the run: steps, tokens, data, the account of every sample, the machine. */
export function totalsTable(report: RunReport): Html {
  const rows = [...report.stages.flatMap(stageRows), ...machineRows(report)];
  const cells = rows.map(([name, value]) => html`<tr><td>${name}</td><td>${value}</td></tr>`);
  return html`<h2>Totals</h2><div class="card" style="margin-top: 14px"><table class="figures"><tbody>${cells}</tbody></table></div>`;
}
