import { notEmpty, type Row, RowDropped, textOf } from '../reading/row';
import type { Adapter } from './adapter';
import { toPair } from './pairs';

export interface ShpOptions {
  /** The least ratio of the two scores; closer scores are noise. The data card advises 2. */
  minScoreRatio?: number;
  /** A popular post has hundreds of pairs with one prompt. */
  maxPairsPerPost?: number;
}

/** Posts whose pairs are counted. The files keep the pairs of a post together, so a small number suffices. */
const REMEMBERED_POSTS = 10_000;

/**
 * Stanford Human Preferences: `{post_id, history, human_ref_A, human_ref_B, labels, score_A, score_B, score_ratio, …}`; `labels` is 1
 * when A is better. `margin` is the logarithm of the score ratio.
 */
export function createShp({ minScoreRatio = 2, maxPairsPerPost = 5 }: ShpOptions = {}): Adapter {
  const pairs = new Map<string, number>();
  return {
    name: 'shp',
    fields: ['history', 'labels'],
    detect: (row) => 'human_ref_A' in row && 'human_ref_B' in row && 'labels' in row,
    begin: () => createShp({ minScoreRatio, maxPairsPerPost }),
    preference(row) {
      const { prompt, chosen, rejected, ratio } = scoredPair(row);
      if (ratio < minScoreRatio) throw new RowDropped('scoresTooClose');
      const pair = toPair([{ role: 'user', content: prompt }], chosen, rejected, { margin: Math.log(ratio) });
      const post = textOf(row, 'post_id');
      const count = (pairs.get(post) ?? 0) + 1;
      if (count > maxPairsPerPost) throw new RowDropped('postHasEnoughPairs');
      pairs.delete(post);
      pairs.set(post, count);
      if (pairs.size > REMEMBERED_POSTS) pairs.delete(pairs.keys().next().value as string);
      return [pair];
    },
  };
}

export const shp = createShp();

function scoredPair(row: Row): { prompt: string; chosen: string; rejected: string; ratio: number } {
  const prompt = notEmpty(textOf(row, 'history'), 'emptyPrompt');
  const [a, b] = [textOf(row, 'human_ref_A'), textOf(row, 'human_ref_B')];
  const label = row['labels'];
  if (label !== 0 && label !== 1) throw new RowDropped('wrongType:labels');
  const ratio = row['score_ratio'];
  if (typeof ratio !== 'number' || !(ratio > 0)) throw new RowDropped('wrongType:score_ratio');
  const [scoreA, scoreB] = [row['score_A'], row['score_B']];
  if (typeof scoreA === 'number' && typeof scoreB === 'number' && scoreA !== scoreB) {
    if (scoreA > scoreB !== (label === 1)) throw new RowDropped('scoresContradict');
  }
  return label === 1 ? { prompt, chosen: a, rejected: b, ratio } : { prompt, chosen: b, rejected: a, ratio };
}
