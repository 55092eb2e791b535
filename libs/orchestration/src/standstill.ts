import { descriptorOf } from '@open-chatgpt/pipeline';
import type { Run } from './run';

/** What is known of a run that has published no event for a while. */
export interface Silence {
  /** Since its last event was applied, by the clock of who watches it. */
  seconds: number;
  /** Whether no process is connected that executes such runs. */
  noWorker: boolean;
  /** Who else works on such runs and is not connected, in words. */
  absent: readonly string[];
}

export interface Standstill {
  /** What the run waits for. */
  message: string;
  /** Whether its worker has ended: the run goes on when another one takes it. */
  interrupted: boolean;
  /** Whether it has lasted for so long that somebody should know. */
  alarming: boolean;
}

/** A group without members for so long does not only restart. */
const ABSENT_SECONDS = 20;

/** A run stands still when its next event takes this many times as long as the slowest until now, and at least a minute. */
const PATIENCE = 5;
const LEAST_SECONDS = 60;

/** Before the first step nobody knows how long one takes. */
const FIRST_STEP_SECONDS = 15 * 60;

/** What a run waits for; null for one that goes on, has ended, or is one of several in a queue. */
export function standstillOf(run: Run, silence: Silence): Standstill | null {
  const { service } = descriptorOf(run.algorithm);
  const { seconds, noWorker, absent } = silence;
  const waits = run.status === 'waiting' || run.status === 'running';
  const interrupted = run.status === 'running' && noWorker;
  if (waits && noWorker && seconds >= ABSENT_SECONDS)
    return {
      message: `a worker: no ${service} is connected to the platform; start one`,
      interrupted,
      alarming: run.attempt > 0 && seconds >= LEAST_SECONDS,
    };
  if (run.status !== 'running' || seconds < patienceOf(run)) return null;
  const usual =
    run.slowestSeconds === undefined ? '' : `; until now it took at most ${run.slowestSeconds.toFixed(1)} s`;
  const others =
    absent.length > 0
      ? `${absent.join(', ')}: none is connected to the platform`
      : `${whoOf(run)}: see its log`;
  return {
    message: `${others}. No sign of it since step ${run.step}${usual}`,
    interrupted: false,
    alarming: true,
  };
}

function patienceOf({ step, slowestSeconds = 0 }: Run): number {
  return Math.max(PATIENCE * slowestSeconds, step > 0 ? LEAST_SECONDS : FIRST_STEP_SECONDS);
}

function whoOf({ algorithm, worker }: Run): string {
  const { service, helpers = {} } = descriptorOf(algorithm);
  return [`${service}${worker === undefined ? '' : ` at ${worker}`}`, ...Object.values(helpers)].join(
    ', or ',
  );
}

/** The run as somebody sees it who has watched it until `seen`. One that went on meanwhile is not changed. */
export function standingRun(run: Run, seen: Run, standstill: Standstill | null, now: string): Run {
  const isSame = run.runId === seen.runId && run.attempt === seen.attempt && run.step === seen.step;
  if (!isSame || run.waitsFor?.message === standstill?.message) return run;
  if (!standstill) return { ...run, waitsFor: undefined };
  const status = standstill.interrupted && run.status === 'running' ? 'waiting' : run.status;
  return { ...run, status, waitsFor: { since: run.waitsFor?.since ?? now, message: standstill.message } };
}
