import { type Html, html } from './html';
import { shown } from './numbers';
import type { RunReport } from './schema';

const textOf = (text: string): Html =>
  html`<div class="text" dir="auto">${text === '' ? '(empty)' : text}</div>`;

const mark = (isRight: boolean, yes: string, no: string): Html =>
  html`<span class="score ${isRight ? 'better' : 'worse'}">${isRight ? `✓ ${yes}` : `✗ ${no}`}</span>`;

function answerCell(text: string, reward: number | null, isRight: boolean | null, gained: boolean): Html {
  const score =
    reward === null
      ? null
      : html`<span class="score ${gained ? 'better' : ''}">reward ${shown(reward)}</span>`;
  return html`<td>${textOf(text)}${isRight === null ? null : mark(isRight, 'right', 'wrong')}${score}</td>`;
}

function table(
  id: string,
  title: string,
  lead: string,
  head: readonly string[],
  rows: readonly Html[],
): Html {
  return html`<h2 id="${id}">${title}</h2><p class="quiet lead">${lead}</p>
<div class="card scroll"><table class="samples"><thead><tr>${head.map((name) => html`<th>${name}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

/** Answers to the same prompts before and after, side by side. null when there is nothing to compare. */
export function samplesTable({ comparison }: RunReport): Html | null {
  if (!comparison || comparison.rows.length === 0) return null;
  const { label, rows } = comparison;
  const referenced = rows.some(({ reference }) => reference !== null);
  const cells = rows.map((row) => {
    const { prompt, reference, before, after, rewardBefore, rewardAfter, rightBefore, rightAfter } = row;
    const gained = rewardBefore !== null && rewardAfter !== null && rewardAfter > rewardBefore;
    // A reward that rises for a wrong answer is no improvement.
    const afterCell = answerCell(after, rewardAfter, rightAfter, gained && rightAfter !== false);
    const referenceCell = referenced ? html`<td>${reference === null ? null : textOf(reference)}</td>` : null;
    return html`<tr><td>${textOf(prompt)}</td>${referenceCell}${answerCell(before, rewardBefore, rightBefore, false)}${afterCell}</tr>`;
  });
  const head = ['Prompt', ...(referenced ? ['Reference answer'] : []), `Before ${label}`, `After ${label}`];
  return table('samples', 'Answers, before and after', leadOf(rows), head, cells);
}

function leadOf(rows: NonNullable<RunReport['comparison']>['rows']): string {
  const scored = rows.some(({ rewardAfter }) => rewardAfter !== null);
  const checked = rows.filter(({ rightAfter }) => rightAfter !== null);
  const count = (wanted: (row: (typeof rows)[number]) => boolean | null) => checked.filter(wanted).length;
  const sentences = ['Prompts that were held out from training, each once.'];
  if (scored) sentences.push("The reward is the reward model's score.");
  if (checked.length > 0)
    sentences.push(
      `Of ${checked.length} answers, ${count(({ rightBefore }) => rightBefore)} were right before and ${count(({ rightAfter }) => rightAfter)} after: ` +
        `${count(({ rightBefore, rightAfter }) => rightBefore && !rightAfter)} turned wrong (shown first), ${count(({ rightBefore, rightAfter }) => rightBefore === false && rightAfter)} turned right.`,
    );
  else if (scored) sentences.push('The largest changes come first.');
  return sentences.join(' ');
}

/** Pairs of answers with their scores before and after a reward model was trained. null when there are none. */
export function pairsTable({ pairs }: RunReport): Html | null {
  if (!pairs || pairs.rows.length === 0) return null;
  const { label, rows } = pairs;
  const answer = (text: string, before: number, after: number): Html =>
    html`<td>${textOf(text)}<span class="score">score ${shown(before)} → ${shown(after)}</span></td>`;
  const cells = rows.map((row) => {
    const { prompt, chosen, rejected, chosenBefore, chosenAfter, rejectedBefore, rejectedAfter } = row;
    const order = mark(chosenAfter > rejectedAfter, 'preferred scores higher', 'rejected scores higher');
    return html`<tr><td>${textOf(prompt)}${order}</td>${answer(chosen, chosenBefore, chosenAfter)}${answer(rejected, rejectedBefore, rejectedAfter)}</tr>`;
  });
  const lead = `Pairs that were held out from training, with their scores before and after ${label}. Those in the wrong order come first.`;
  return table(
    'pairs',
    'Pairs and their scores',
    lead,
    ['Prompt', 'Preferred answer', 'Rejected answer'],
    cells,
  );
}
