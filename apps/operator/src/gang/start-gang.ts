import type { EventRecorder } from '@open-chatgpt/kube';
import type { AlgorithmName } from '@open-chatgpt/pipeline';
import type { TrainingRun } from '@open-chatgpt/resources';
import { refusalOf } from '../kubernetes/owned';
import { isEnded, type Job, type Pod } from '../kubernetes/types';
import type { RunJobs } from '../runs/run-jobs';
import type { GangAdmission, Held } from './gang-admission';
import type { GangWorkloads } from './gang-workloads';

/** Wait after the API server, or another owner, has refused the Workload. */
const REFUSED_MS = 30_000;

export interface GangStart {
  job?: Job;
  /** Why the pods do not start. */
  held?: Held;
  /** Milliseconds after which to look again whether all pods have started. */
  againMs?: number;
}

/** Starts the suspended Job of a gang when all of its pods fit, and suspends one whose pods did not all start in time. */
export async function startGang(
  gang: GangAdmission,
  run: TrainingRun,
  { algorithm, job, pods }: { algorithm: AlgorithmName; job: Job | undefined; pods: readonly Pod[] },
  {
    jobs,
    workloads,
    recorder,
  }: { jobs: Pick<RunJobs, 'setSuspended'>; workloads: GangWorkloads; recorder: EventRecorder },
): Promise<GangStart> {
  if (!job || run.spec.suspend || isEnded(job) || !gang.governs(run, algorithm)) return { job };
  try {
    await workloads.ensure(run, job);
  } catch (error) {
    const refusal = refusalOf(error);
    if (!refusal) throw error;
    return { job, held: { ...refusal, retryMs: REFUSED_MS } };
  }
  if (job.spec?.suspend) {
    const held = gang.admit(run, algorithm, job);
    return held ? { job, held } : { job: await jobs.setSuspended(job, false) };
  }
  const expired = gang.expired(run, algorithm, job, pods);
  if (expired === null) return { job };
  if (typeof expired === 'number') return { job, againMs: expired };
  const { reason, message } = expired;
  recorder.record(run, { type: 'Warning', reason, message, action: 'SuspendJob' });
  return { job: await jobs.setSuspended(job, true), held: expired };
}
