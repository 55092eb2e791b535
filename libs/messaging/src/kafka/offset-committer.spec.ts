import type { TopicPartitionOffset } from 'kafkajs';
import { Latch } from '../testing/harness';
import { OffsetCommitter } from './offset-committer';

const p0 = { topic: 't', partition: 0 };
const p1 = { topic: 't', partition: 1 };

const never = new AbortController().signal;

describe('OffsetCommitter', () => {
  it('has one request in flight, and the next one carries only the newest offsets', async () => {
    const latch = new Latch();
    const commits: string[][] = [];
    const committer = new OffsetCommitter(async (offsets: TopicPartitionOffset[]) => {
      commits.push(offsets.map(({ partition, offset }) => `${partition}:${offset}`));
      await latch.opened;
    }, never);
    committer.mark(p0, 1);
    committer.mark(p0, 2);
    committer.mark(p0, 3);
    committer.mark(p1, 7);
    expect(committer.uncommitted()).toHaveLength(2);
    latch.open();
    await committer.flush();
    expect(commits).toEqual([['0:1'], ['0:3', '1:7']]);
    expect(committer.uncommitted()).toEqual([]);
  });

  it('retries failed commits, but not for a partition that was lost', async () => {
    let broken = true;
    const commits: string[] = [];
    const committer = new OffsetCommitter(async (offsets) => {
      if (broken) throw new Error('unavailable');
      commits.push(...offsets.map(({ partition, offset }) => `${partition}:${offset}`));
    }, never);
    committer.mark(p0, 1);
    committer.mark(p1, 1);
    committer.forget(p1);
    broken = false;
    await committer.flush();
    expect(commits).toEqual(['0:1']);
  });

  it('stops when it is aborted', async () => {
    const abandoned = new AbortController();
    const committer = new OffsetCommitter(() => Promise.reject(new Error('unavailable')), abandoned.signal);
    committer.mark(p0, 1);
    abandoned.abort();
    await committer.flush();
    expect(committer.uncommitted()).toHaveLength(1);
  });
});
