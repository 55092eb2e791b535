import { type Html, html } from './html';
import { shown } from './numbers';
import { plainTable } from './page';
import type { RunReport } from './schema';

export const textOf = (text: string): Html =>
  html`<div class="text" dir="auto">${text === '' ? '(empty)' : text}</div>`;

const mark = (isRight: boolean, yes: string, no: string): Html =>
  html`<span class="score ${isRight ? 'better' : 'worse'}">${isRight ? `✓ ${yes}` : `✗ ${no}`}</span>`;

/** An answer with its marks. @param gained whether its reward is an improvement */
export function answerCell(
  text: string,
  reward: number | null,
  isRight: boolean | null,
  gained: boolean,
): Html {
  const score =
    reward === null
      ? null
      : html`<span class="score ${gained ? 'better' : ''}">reward ${shown(reward)}</span>`;
  return html`${textOf(text)}${isRight === null ? null : mark(isRight, 'right', 'wrong')}${score}`;
}

function titledTable(
  title: string,
  lead: string,
  head: readonly string[],
  rows: readonly (string | Html | null)[][],
): Html {
  return html`<h2>${title}</h2><p class="quiet lead">${lead}</p>${plainTable(head, rows)}`;
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
    const improved = gained && rightAfter !== false;
    return [
      textOf(prompt),
      ...(referenced ? [reference === null ? null : textOf(reference)] : []),
      answerCell(before, rewardBefore, rightBefore, false),
      answerCell(after, rewardAfter, rightAfter, improved),
    ];
  });
  const head = ['Prompt', ...(referenced ? ['Reference answer'] : []), `Before ${label}`, `After ${label}`];
  return titledTable('Answers, before and after', leadOf(rows), head, cells);
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
    html`${textOf(text)}<span class="score">score ${shown(before)} → ${shown(after)}</span>`;
  const cells = rows.map((row) => {
    const { prompt, chosen, rejected, chosenBefore, chosenAfter, rejectedBefore, rejectedAfter } = row;
    const order = mark(chosenAfter > rejectedAfter, 'preferred scores higher', 'rejected scores higher');
    return [
      html`${textOf(prompt)}${order}`,
      answer(chosen, chosenBefore, chosenAfter),
      answer(rejected, rejectedBefore, rejectedAfter),
    ];
  });
  const lead = `Pairs that were held out from training, with their scores before and after ${label}. Those in the wrong order come first.`;
  return titledTable(
    'Pairs and their scores',
    lead,
    ['Prompt', 'Preferred answer', 'Rejected answer'],
    cells,
  );
}
