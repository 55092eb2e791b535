import { contractOf } from '@open-chatgpt/events';
import { descriptorOf } from '@open-chatgpt/pipeline';
import { ROLLOUT_GROUP, SCORING_GROUP, VALUE_LEARNER_GROUP, workerGroup, worksOn } from './groups';

describe('the group of workers', () => {
  it('of all runs takes every message', () => {
    expect(workerGroup(ROLLOUT_GROUP, ['rollout.requested'])).toEqual({
      'ppo-rollout': ['rollout.requested'],
    });
  });

  it('of one run takes its messages, by the keys of their contracts', () => {
    const { 'ppo-rollout-p-ppo': group } = workerGroup(ROLLOUT_GROUP, ['rollout.requested'], 'p-ppo');
    const { types, keys = () => false } = group as Extract<typeof group, { types: unknown }>;
    expect(types).toEqual(['rollout.requested']);
    const itemKey = (runId: string) => {
      const key = contractOf('rollout.requested').key as (data: object) => string;
      return key({ runId, itemId: '3-1' });
    };
    expect(['p-ppo', itemKey('p-ppo')].map(keys)).toEqual([true, true]);
    expect(['p-ppo2', itemKey('p-ppo2'), itemKey('p'), 'p', null].map(keys)).toEqual(
      new Array(5).fill(false),
    );
  });

  it('is known by its name, alone or among others', () => {
    const groups = [SCORING_GROUP, `${SCORING_GROUP}-r`, `${SCORING_GROUP}-r2`, 'gateway'];
    expect(groups.map((group) => worksOn(group, 'r'))).toEqual([true, true, false, false]);
  });

  it('is one that the description of the algorithm names', () => {
    const named = Object.keys(descriptorOf('ppo').helpers ?? {});
    expect(named).toEqual([ROLLOUT_GROUP, SCORING_GROUP, VALUE_LEARNER_GROUP]);
  });
});
