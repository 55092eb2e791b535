import type { RunReport } from '@open-chatgpt/runs';
import { showSamples } from './summary';

const row = (prompt: string, rightAfter: boolean) => ({
  prompt,
  reference: null,
  before: 'a',
  after: 'b',
  rightBefore: true,
  rightAfter,
  rewardBefore: null,
  rewardAfter: null,
});
const promptsOf = (rights: boolean[], count: number) => {
  const rows = rights.map((right, i) => row(`${right ? 'right' : 'wrong'} ${i}`, right));
  const report = { comparison: { label: 'PPO', rows } } as unknown as RunReport;
  return [...showSamples(report, count).matchAll(/^> (\w+)/gm)].map(([, prompt]) => prompt);
};

describe('showSamples', () => {
  it('shows at most as many wrong answers as others', () => {
    expect(promptsOf([false, false, false, true, true], 4)).toEqual(['wrong', 'wrong', 'right', 'right']);
  });

  it('fills the places that one of the two leaves', () => {
    expect(promptsOf([false, false, false, true], 4)).toEqual(['wrong', 'wrong', 'wrong', 'right']);
    expect(promptsOf([true, true, true, false], 3)).toEqual(['wrong', 'right', 'right']);
    expect(promptsOf([true, true], 4)).toEqual(['right', 'right']);
  });
});
