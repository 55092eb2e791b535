import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportRewardModel, PADDING_CASES, PADDING_TEXTS, paddingBase } from '@open-chatgpt/training/testing';
import { askPython, describeWithPython } from './python';

interface Scored {
  alone: number[];
  batch: number[];
  /** Tokens of the sequences whose embeddings get no gradient. */
  withoutGradient: number[];
  texts: number[][];
}

describeWithPython("transformers' AutoModelForSequenceClassification", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'peers-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each(PADDING_CASES)('scores like this project, alone and in padded batches: $name', async (one) => {
    const base = await paddingBase(one);
    const { ids, scores } = await exportRewardModel(folder, base);
    const found = askPython<Scored>('score.py', { folder, ids, texts: PADDING_TEXTS });
    for (const [i, score] of scores.entries()) {
      expect(found.alone[i]).toBeCloseTo(score, 5);
      expect(found.batch[i]).toBeCloseTo(score, 5);
    }
    // The ids that transformers reads are those of the training, and each of them still learns.
    expect(found.texts).toEqual(ids.map((row) => row.slice(0, -1)));
    expect(found.withoutGradient).toEqual([]);
  });
});
