import { type Html, html } from './html';
import type { RunReport } from './schema';
import { duration, percent, shown } from './tiles';

/** Counts that let a reader check the run: steps, tokens, and the account of every sample. */
export function totalsTable({ sft, reward, ppo, seconds, peakRssMb }: RunReport): Html {
  const rows: [string, string][] = [];
  const stage = (
    name: string,
    steps: string,
    { tokens, tokensPerSecond }: { tokens: number; tokensPerSecond: number | null },
  ) => rows.push([name, `${steps}, ${shown(tokens)} tokens, ${shown(tokensPerSecond)} tokens/s`]);
  if (sft) stage('SFT', `${shown(sft.steps)} steps`, sft);
  if (reward) stage('Reward model', `${shown(reward.steps)} steps`, reward);
  if (ppo) {
    stage('PPO', `${shown(ppo.iterations)} iterations`, ppo);
    rows.push(['Samples generated', shown(ppo.generated)], ['Samples trained on', shown(ppo.trained)]);
    for (const [reason, count] of Object.entries(ppo.dropped))
      rows.push([`Samples dropped: ${reason}`, shown(count)]);
    const { rollout, score, learn } = ppo.timeShares;
    if (rollout !== null)
      rows.push(['Sampling, scoring, learning', [rollout, score, learn].map(percent).join(', ')]);
  }
  rows.push(['Time', duration(seconds)], ['Peak memory', `${shown(peakRssMb)} MB`]);
  const cells = rows.map(([name, value]) => html`<tr><td>${name}</td><td>${value}</td></tr>`);
  return html`<h2>Totals</h2><div class="card" style="margin-top: 14px"><table class="figures"><tbody>${cells}</tbody></table></div>`;
}
