import { newRun, type Run, runAfter } from './run';
import { standingRun, standstillOf } from './standstill';

const time = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();
const ids = { runId: 'r', stage: 'ppo', algorithm: 'ppo' as const };
const run = (more: Partial<Run>): Run => ({ ...newRun(ids, time(0)), ...more });
const look = (seconds: number, more: { noWorker?: boolean; absent?: string[] } = {}) => ({
  ...{ seconds, noWorker: false, absent: [] },
  ...more,
});
const progressed = (second: number, step: number, attempt = 1) => ({
  ...{ id: `${second}`, time: time(second), type: 'run.progressed' as const },
  data: { ...ids, attempt, step, phase: 'training' as const, totalSteps: 9, metrics: {} },
});

describe('standstillOf', () => {
  const running = run({ status: 'running', attempt: 1, step: 4, slowestSeconds: 20, worker: 'w/1' });

  it.each<[string, Run, ReturnType<typeof look>]>([
    ['goes on', running, look(99)],
    ['takes its first step', run({ status: 'running', attempt: 1 }), look(899)],
    ['is one of several in a queue', run({}), look(1e6)],
    ['lost its worker a moment ago', running, look(19, { noWorker: true })],
    ['has ended', run({ status: 'failed', attempt: 1 }), look(1e6, { noWorker: true })],
  ])('is null for a run that %s', (_, one, silence) => expect(standstillOf(one, silence)).toBeNull());

  it('says who gives no sign, after a multiple of the usual time', () => {
    expect(standstillOf(running, look(100))).toEqual({
      message:
        'ppo-actor at w/1, or rollout workers (ppo-actor), or scoring workers (ppo-critic), or the value learner (ppo-critic): ' +
        'see its log. No sign of it since step 4; until now it took at most 20.0 s',
      interrupted: false,
      alarming: true,
    });
    expect(standstillOf({ ...running, slowestSeconds: 0.1 }, look(59))).toBeNull();
    expect(standstillOf({ ...running, slowestSeconds: 0.1 }, look(60))).not.toBeNull();
  });

  it('names who is not connected', () => {
    const absent = ['rollout workers (ppo-actor)'];
    expect(standstillOf(running, look(100, { absent }))?.message).toMatch(
      /^rollout workers \(ppo-actor\): none is connected to the platform\. No sign/,
    );
  });

  it('knows a run whose worker has ended, and one that no worker has taken', () => {
    const message = 'a worker: no ppo-actor is connected to the platform; start one';
    const gone = { message, interrupted: true, alarming: false };
    expect(standstillOf(running, look(20, { noWorker: true }))).toEqual(gone);
    const interrupted = run({ status: 'waiting', attempt: 1 });
    const alarm = { message, interrupted: false, alarming: true };
    expect(standstillOf(interrupted, look(60, { noWorker: true }))).toEqual(alarm);
    expect(standstillOf(run({}), look(60, { noWorker: true }))).toEqual({ ...alarm, alarming: false });
  });
});

describe('a run that stands still', () => {
  const standstill = { message: 'x', interrupted: true, alarming: true };
  const started = [progressed(3, 1), progressed(10, 2), progressed(12, 3)].reduce(
    runAfter,
    run({ attempt: 1 }),
  );

  it('knows its slowest time, and counts no standstill', () => {
    expect(started).toMatchObject({ status: 'running', slowestSeconds: 7 });
    const standing = standingRun(started, started, { ...standstill, interrupted: false }, time(99));
    const after = runAfter(standing, progressed(100, 4));
    expect(after).toMatchObject({ step: 4, slowestSeconds: 7, waitsFor: undefined });
    expect(runAfter(after, progressed(101, 4, 2)).slowestSeconds).toBeUndefined();
  });

  it('runs no more when its worker has ended, until a worker takes it', () => {
    const standing = standingRun(started, started, standstill, time(99));
    expect(standing).toMatchObject({ status: 'waiting', waitsFor: { since: time(99), message: 'x' } });
    expect(standingRun(standing, standing, standstill, time(200))).toBe(standing);
    expect(standingRun(standing, standing, null, time(200))).toMatchObject({
      status: 'waiting',
      waitsFor: undefined,
    });
    expect(runAfter(standing, progressed(300, 4, 2))).toMatchObject({ status: 'running', attempt: 2 });
  });

  it('is left alone if it went on since somebody looked', () => {
    const later = runAfter(started, progressed(13, 4));
    expect(standingRun(later, started, standstill, time(99))).toBe(later);
  });
});
