import type { RecordedEvent, Sample } from '../events';
import { type Html, html } from './html';
import type { RunReport } from './schema';
import { shown } from './tiles';

interface Row {
  prompt: string;
  before: { text: string; reward: number | null };
  after: { text: string; reward: number | null };
}

interface Comparison {
  before: string;
  after: string;
  rows: Row[];
}

const answerOf = ({ response, reward }: Sample) => ({ text: response, reward: reward ?? null });

/** Without samples in the report: the first and the last answers that the last stage with samples recorded. */
function fromEvents(events: readonly RecordedEvent[]): Comparison | null {
  const sampled = events.filter((event) => event.type === 'samples');
  const last = sampled.at(-1);
  const first = sampled.find((event) => event.stage === last?.stage);
  if (!first || !last || first === last) return null;
  const firstByPrompt = new Map(first.samples.map((sample) => [sample.prompt, sample]));
  const rows = last.samples.flatMap((sample): Row[] => {
    const earlier = firstByPrompt.get(sample.prompt);
    return earlier ? [{ prompt: sample.prompt, before: answerOf(earlier), after: answerOf(sample) }] : [];
  });
  return { before: `Step ${first.step}`, after: `Step ${last.step}`, rows };
}

function comparisonOf(report: RunReport, events: readonly RecordedEvent[]): Comparison | null {
  if (report.samples.length === 0) return fromEvents(events);
  const rows = report.samples.map(({ prompt, sft, ppo, rewardSft, rewardPpo }) => ({
    prompt,
    before: { text: sft, reward: rewardSft },
    after: { text: ppo, reward: rewardPpo },
  }));
  return { before: 'After SFT', after: 'After PPO', rows };
}

function cell({ text, reward }: Row['before'], better: boolean): Html {
  const score =
    reward === null
      ? null
      : html`<span class="score ${better ? 'better' : ''}">reward ${shown(reward)}</span>`;
  return html`<td><div class="text" dir="auto">${text === '' ? '(empty)' : text}</div>${score}</td>`;
}

/** Answers to the same prompts before and after, side by side. null when there is nothing to compare. */
export function samplesTable(report: RunReport, events: readonly RecordedEvent[]): Html | null {
  const comparison = comparisonOf(report, events);
  if (!comparison || comparison.rows.length === 0) return null;
  const rows = comparison.rows.map(({ prompt, before, after }) => {
    const gained = before.reward !== null && after.reward !== null && after.reward > before.reward;
    return html`<tr><td><div class="text" dir="auto">${prompt}</div></td>${cell(before, false)}${cell(after, gained)}</tr>`;
  });
  return html`<h2 id="samples">Answers, before and after</h2>
<p class="quiet lead">The same prompts, held out from training. The reward is the reward model's score.</p>
<div class="card scroll"><table class="samples"><thead><tr><th>Prompt</th><th>${comparison.before}</th><th>${comparison.after}</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}
