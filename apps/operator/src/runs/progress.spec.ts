import type { RunEvent } from '@open-chatgpt/orchestration';
import { model, run } from '../testing/objects';
import { factsAfter, factsOf, progressOf, type RunFacts } from './progress';
import { RunProgress } from './run-progress';

const common = { runId: 'chat-sft', stage: 'sft', algorithm: 'sft' as const };
const event = (type: string, data: object, time = '2026-01-01T00:00:00Z'): RunEvent =>
  ({ id: type, time, type, data: { ...common, attempt: 1, ...data } }) as unknown as RunEvent;
const started = (data: object = {}) =>
  event('run.started', { step: 0, totalSteps: 100, worker: 'w', info: {}, ...data });
const progressed = (step: number, data: object = {}) =>
  event('run.progressed', { phase: 'training', step, totalSteps: 100, metrics: { loss: step }, ...data });
const after = (...events: RunEvent[]) =>
  events.reduce<RunFacts | undefined>((facts, one) => factsAfter(facts, one), undefined);

describe('the facts of a run', () => {
  it('are those of its latest step, whatever is repeated or late', () => {
    const events = [started(), progressed(10, { seconds: 5 }), progressed(20, { seconds: 10 })];
    const once = after(...events);
    expect(after(...events, progressed(10, { seconds: 5 }))).toEqual(once);
    expect(progressOf(once, false)).toMatchObject({
      step: 20,
      progressPercent: 20,
      metrics: { loss: 20 },
      // 0.5 s, then 1 s a step: the newest has a weight of 0.2.
      remainingSeconds: 48,
    });
  });

  it('of an attempt that lost the run change nothing', () => {
    const facts = after(started({ attempt: 2, step: 50 }), progressed(60, { attempt: 1 }));
    expect(facts).toMatchObject({ attempt: 2, step: 50 });
  });

  it('go back to the checkpoint with another attempt', () => {
    const facts = after(started(), progressed(30), started({ attempt: 2, step: 20 }));
    expect(facts).toMatchObject({ attempt: 2, step: 20, metrics: { loss: 30 } });
  });

  it('show 99 percent until the run is completed', () => {
    const facts = after(started(), progressed(100));
    expect(progressOf(facts, false).progressPercent).toBe(99);
    expect(progressOf(facts, true)).toMatchObject({ progressPercent: 100 });
  });

  it('survive a restart in the status', () => {
    const facts = after(started(), progressed(10), event('run.completed', { step: 100, summary: {}, model }));
    const status = { ...progressOf(facts, false), model };
    expect(factsOf(status)).toMatchObject({ attempt: 1, step: 100, totalSteps: 100, model });
  });
});

describe('events that wait for the status', () => {
  const isSettled = async (promise: Promise<void>) => {
    let settled = false;
    void promise.then(() => (settled = true));
    await new Promise(setImmediate);
    return settled;
  };

  it('are committed by the write that has them, and not by an earlier one', async () => {
    const progress = new RunProgress();
    const first = progress.record(run(), progressed(1));
    const observed = progress.of(run());
    // While the status is written.
    const second = progress.record(run(), progressed(2));
    observed.written();
    expect([await isSettled(first), await isSettled(second)]).toEqual([true, false]);
    progress.of(run()).written();
    expect(await isSettled(second)).toBe(true);
  });

  it('do not speak of a run of the same name that was made later', () => {
    const progress = new RunProgress();
    void progress.record(run(), progressed(7));
    const again = run();
    again.metadata.uid = 'another';
    expect(progress.of(again).facts).toBeUndefined();
  });

  it('are deleted with the run', async () => {
    const progress = new RunProgress();
    const waiting = progress.record(run(), progressed(1));
    progress.forget(run().metadata.uid);
    expect(await isSettled(waiting)).toBe(true);
  });
});
