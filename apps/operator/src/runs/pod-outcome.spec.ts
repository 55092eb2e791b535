import { type PodOptions, pod } from '../testing/objects';
import { recordAttempts } from './pod-outcome';

const counted = (pods: PodOptions[], before = {}) => recordAttempts(before, pods.map(pod), 'chat-sft');

describe('the attempts of a run', () => {
  it.each<[string, PodOptions, { failures: number; disruptions: number }, string | undefined]>([
    ['runs', {}, { failures: 0, disruptions: 0 }, undefined],
    ['completes', { exitCode: 0 }, { failures: 0, disruptions: 0 }, 'Completed'],
    ['crashes', { exitCode: 1, reason: 'Error' }, { failures: 1, disruptions: 0 }, 'Error'],
    [
      'needs too much memory',
      { exitCode: 137, reason: 'OOMKilled' },
      { failures: 1, disruptions: 0 },
      'OOMKilled',
    ],
    ['is interrupted', { exitCode: 143 }, { failures: 0, disruptions: 1 }, 'Interrupted'],
    ['is taken over', { exitCode: 79 }, { failures: 0, disruptions: 1 }, 'TakenOver'],
    [
      'is killed because of an eviction',
      { exitCode: 137, disruption: 'EvictionByEvictionAPI' },
      { failures: 0, disruptions: 1 },
      'EvictionByEvictionAPI',
    ],
    [
      'is lost with its node',
      { phase: 'Failed', disruption: 'DeletionByPodGC' },
      { failures: 0, disruptions: 1 },
      'DeletionByPodGC',
    ],
    ['is removed by force', { departed: true }, { failures: 0, disruptions: 1 }, 'Deleted'],
  ])('count a pod that %s', (_, options, counts, reason) => {
    const recorded = counted([options]);
    expect(recorded).toMatchObject(counts);
    expect(recorded.executionAttempts[0].reason).toBe(reason);
    // Once, also when it is looked at again, and when it is gone.
    expect(counted([options], recorded)).toEqual(recorded);
    expect(counted([], recorded)).toEqual(recorded);
  });

  it('count the end of a pod that was seen running', () => {
    const running = counted([{}]);
    expect(counted([{ exitCode: 1 }], running)).toMatchObject({
      failures: 1,
      executionAttempts: [{ exitCode: 1 }],
    });
  });

  it('are the latest ten, and a failure that has left the list is not counted again', () => {
    const failing = (n: number) => ({
      name: `pod-${n}`,
      exitCode: 1,
      endedAt: new Date(Date.UTC(2026, 0, 1, 0, n)).toISOString(),
    });
    const pods = Array.from({ length: 25 }, (_, n) => failing(n));
    let recorded = counted([]);
    for (let n = 1; n <= pods.length; n++) recorded = counted(pods.slice(0, n), recorded);
    expect(recorded.failures).toBe(25);
    expect(recorded.executionAttempts.map(({ pod: name }) => name)).toEqual(
      pods.slice(-10).map(({ name }) => name),
    );
    // As after a restart, with an empty cache.
    const atOnce = counted(pods);
    expect(atOnce.failures).toBe(25);
    expect(counted(pods, atOnce)).toEqual(atOnce);
  });

  it('count each of many ranks', () => {
    const ranks = Array.from({ length: 16 }, (_, n) => ({ name: `rank-${n}` }));
    const running = counted(ranks);
    const failed = ranks.map((rank, n) => (n === 3 ? { ...rank, exitCode: 1 } : rank));
    expect(counted(failed, running)).toMatchObject({ failures: 1 });
  });
});
