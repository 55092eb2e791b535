import { setTimeout as sleep } from 'node:timers/promises';
import { inTurn } from './turns';

it('work begins when what was begun before is done, also where that failed', async () => {
  const seen: string[] = [];
  const work = (name: string, milliseconds: number, fails = false) =>
    inTurn(async () => {
      seen.push(`${name} begins`);
      await sleep(milliseconds);
      seen.push(`${name} ends`);
      if (fails) throw new Error(`${name} failed`);
      return name;
    });
  const outcomes = await Promise.allSettled([
    work('sampling', 30, true),
    work('scoring', 0),
    work('next', 0),
  ]);
  expect(outcomes).toEqual([
    { status: 'rejected', reason: new Error('sampling failed') },
    { status: 'fulfilled', value: 'scoring' },
    { status: 'fulfilled', value: 'next' },
  ]);
  expect(seen).toEqual(['sampling', 'scoring', 'next'].flatMap((name) => [`${name} begins`, `${name} ends`]));
});
