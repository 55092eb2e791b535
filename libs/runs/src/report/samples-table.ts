import { type Html, html } from './html';
import type { RunReport } from './schema';
import { shown } from './tiles';

function cell(text: string, reward: number | null, better: boolean): Html {
  const score =
    reward === null
      ? null
      : html`<span class="score ${better ? 'better' : ''}">reward ${shown(reward)}</span>`;
  return html`<td><div class="text" dir="auto">${text === '' ? '(empty)' : text}</div>${score}</td>`;
}

/** Answers to the same prompts before and after, side by side. null when there is nothing to compare. */
export function samplesTable({ comparison }: RunReport): Html | null {
  if (!comparison || comparison.rows.length === 0) return null;
  const rows = comparison.rows.map(({ prompt, before, after, rewardBefore, rewardAfter }) => {
    const gained = rewardBefore !== null && rewardAfter !== null && rewardAfter > rewardBefore;
    return html`<tr><td><div class="text" dir="auto">${prompt}</div></td>${cell(before, rewardBefore, false)}${cell(after, rewardAfter, gained)}</tr>`;
  });
  const { label } = comparison;
  return html`<h2 id="samples">Answers, before and after</h2>
<p class="quiet lead">The same prompts, held out from training. The reward is the reward model's score.</p>
<div class="card scroll"><table class="samples"><thead><tr><th>Prompt</th><th>Before ${label}</th><th>After ${label}</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}
