import type { IngestProgress } from '@open-chatgpt/ingestion';
import { StageIngestions } from './stage-ingestions';

describe('StageIngestions', () => {
  const progress: IngestProgress = { stage: 'records', rows: 1, kept: 1, rowsPerSecond: 1, bytes: 1 };
  let now: number;
  let shown: string[];
  let displays: number;
  let ingestions: StageIngestions;
  beforeEach(() => {
    now = 0;
    shown = [];
    displays = 0;
    ingestions = new StageIngestions(
      () => {
        const name = `display ${++displays}`;
        return {
          show: ({ rows }) => void shown.push(`${name}: ${rows}`),
          close: () => void shown.push(`${name} closed`),
        };
      },
      () => now,
    );
  });

  it('shows one that takes longer than a moment', () => {
    ingestions.show('sft', progress);
    now = 1999;
    ingestions.show('sft', { ...progress, rows: 2 });
    expect(shown).toEqual([]);
    now = 2000;
    ingestions.show('sft', { ...progress, rows: 3 });
    ingestions.close();
    ingestions.close();
    expect(shown).toEqual(['display 1: 3', 'display 1 closed']);
  });

  it('has a display for each stage', () => {
    for (const stage of ['sft', 'reward', 'ppo']) {
      ingestions.show(stage, progress);
      if (stage !== 'reward') now += 2000;
      ingestions.show(stage, progress);
    }
    expect(shown).toEqual(['display 1: 1', 'display 1 closed', 'display 2: 1']);
  });
});
