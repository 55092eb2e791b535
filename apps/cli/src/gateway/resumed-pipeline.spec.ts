import type { AlgorithmName } from '@open-chatgpt/pipeline';
import type { SubmittedPipeline } from './gateway-client';
import { describeResumed, isNewFor } from './resumed-pipeline';

function pipeline(...stages: [AlgorithmName, string, number, number][]): SubmittedPipeline {
  const runs = stages.map(([stage, status, attempt, step]) => ({
    ...{ stage, algorithm: stage, status, attempt, step },
    runId: `p-${stage}`,
    totalSteps: 100,
  }));
  return { pipelineId: 'p', status: 'running', stages: runs };
}

describe('a resumed pipeline', () => {
  it.each<[string, SubmittedPipeline]>([
    ['SFT is next', pipeline(['sft', 'waiting', 0, 0], ['ppo', 'waiting', 0, 0])],
    ['SFT is done; Reward is next', pipeline(['sft', 'completed', 1, 100], ['reward', 'waiting', 0, 0])],
    [
      'SFT is done; PPO resumes from its last checkpoint (it had reached step 40 of 100)',
      pipeline(['sft', 'completed', 1, 100], ['ppo', 'waiting', 2, 40]),
    ],
  ])('says where it stands: %s', (text, one) => expect(describeResumed(one)).toBe(text));

  it('distinguishes new events from those of the history', () => {
    const isNew = isNewFor(pipeline(['sft', 'completed', 1, 100], ['reward', 'waiting', 2, 40]));
    const events: [string, number | undefined, boolean][] = [
      ['p-sft', undefined, false],
      ['p-sft', 1, false],
      ['p-reward', 2, false],
      ['p-reward', 3, true],
      ['p-ppo', 1, true],
    ];
    for (const [runId, attempt, expected] of events)
      expect([runId, attempt, isNew({ runId, attempt })]).toEqual([runId, attempt, expected]);
  });
});
