import { type Html, html } from './html';
import type { RunReport, StageReport } from './schema';
import { duration, percent, shown, stageLabel } from './tiles';

function stageRows(stage: StageReport): [string, string][] {
  const { steps, tokens, tokensPerSecond, ledger, timeShares } = stage;
  const label = stageLabel(stage);
  const rows: [string, string][] = [
    [label, `${shown(steps)} steps, ${shown(tokens)} tokens, ${shown(tokensPerSecond)} tokens/s`],
  ];
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

/** Counts that let a reader check the run: steps, tokens, and the account of every sample. */
export function totalsTable({ stages, seconds, peakRssMb }: RunReport): Html {
  const rows: [string, string][] = [
    ...stages.flatMap(stageRows),
    ['Time', duration(seconds)],
    ['Peak memory', `${shown(peakRssMb)} MB`],
  ];
  const cells = rows.map(([name, value]) => html`<tr><td>${name}</td><td>${value}</td></tr>`);
  return html`<h2>Totals</h2><div class="card" style="margin-top: 14px"><table class="figures"><tbody>${cells}</tbody></table></div>`;
}
