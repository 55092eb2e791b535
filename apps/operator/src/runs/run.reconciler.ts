import type { DataOf } from '@open-chatgpt/events';
import type { KubeLogger, ReconcileResult } from '@open-chatgpt/kube';
import type { AlgorithmName } from '@open-chatgpt/pipeline';
import { labels, RESUME_ANNOTATION, type TrainingRun } from '@open-chatgpt/resources';
import { GangAdmission } from '../gang/gang-admission';
import { GangWorkloads } from '../gang/gang-workloads';
import { type GangStart, startGang } from '../gang/start-gang';
import { labelValue, runIdOf } from '../kubernetes/names';
import { refusalOf } from '../kubernetes/owned';
import { StatusWriter, without } from '../kubernetes/status-writer';
import { isEnded, type Job, kinds, type Pod } from '../kubernetes/types';
import { keepModel } from '../models/run-model';
import { Announcements } from './announcements';
import { avoidNodes } from './avoid-node';
import { TRAINER } from './job';
import { endLostPods } from './lost-pods';
import { PodRefusals } from './pod-refusals';
import { QueueState } from './queue-state';
import { requestOf } from './request';
import { type JobStart, RunJobs, type RunJobsOptions } from './run-jobs';
import type { RunProgress } from './run-progress';
import {
  isFinished,
  isUnfinished,
  type RunObservation,
  type RunState,
  runState,
  runStatus,
} from './run-state';
import { RunWorkers } from './run-workers';

/** How long a run without its Job's result waits for the event that names it, before it repeats the result. */
const RESULT_MS = 30_000;

/** Between two looks at why a Job has no pods. */
const REFUSED_MS = 3000;

const withoutFigures = without(
  'step',
  'totalSteps',
  'progressPercent',
  'remainingSeconds',
  'lastProgressTime',
  'metrics',
  'worker',
  'attempt',
  'checkpoint',
);

/** A status without its progress, which is written at a bounded rate. */
const withoutProgress = (status: object): object => {
  const { conditions, ...rest } = withoutFigures(status) as Pick<
    NonNullable<TrainingRun['status']>,
    'conditions'
  >;
  return { ...rest, conditions: conditions?.filter(({ type }) => type !== 'CheckpointCommitted') };
};

export interface RunReconcilerOptions extends RunJobsOptions {
  progress: RunProgress;
  logger: KubeLogger;
  /** Publishes the request as a fact, so that other systems and the history know of it. Resolves when the bus has it. */
  announce: (request: DataOf<'run.requested'>, id: string) => Promise<void>;
}

/** Brings the Job, the workers and the status of a TrainingRun to what its spec asks for. */
export class RunReconciler {
  readonly gang: GangAdmission;
  private readonly status: StatusWriter<TrainingRun>;
  private readonly workers: RunWorkers;
  private readonly announcements: Announcements;
  private readonly refusals: PodRefusals;
  private readonly queue: QueueState;
  private readonly jobs: RunJobs;
  private readonly workloads: GangWorkloads;
  /** Pods that are gone, by the id of their run, until the status says how they ended. */
  private readonly departed = new Map<string, Map<string, Pod>>();

  constructor(private readonly options: RunReconcilerOptions) {
    const { client, caches, defaults } = options;
    this.status = new StatusWriter(client, kinds.runs, withoutProgress);
    this.gang = new GangAdmission(caches, defaults);
    this.workers = new RunWorkers(options);
    this.announcements = new Announcements(options);
    this.refusals = new PodRefusals(client);
    this.queue = new QueueState(client);
    this.jobs = new RunJobs(options);
    this.workloads = new GangWorkloads(client);
  }

  /** A pod has been removed, perhaps so soon after its end that no reconciliation has seen the end. */
  podDeparted(pod: Pod): void {
    const { namespace, labels: own = {} } = pod.metadata;
    const runId = own[labels.runId];
    const run = this.options.caches.runs.get(`${namespace}/${own[labels.run]}`);
    if (!runId || own[labels.role] !== TRAINER || !run || isFinished(run.status)) return;
    const pods = this.departed.get(runId) ?? new Map<string, Pod>();
    pods.set(pod.metadata.uid!, { ...pod, departed: true });
    this.departed.set(runId, pods);
  }

  /** The run is gone. */
  forget(run: TrainingRun): void {
    const key = keyOfRun(run);
    const { uid } = run.metadata;
    this.gang.forget(key, uid);
    this.refusals.forget(uid);
    this.workloads.forget(uid);
    this.status.forget(key);
    this.options.progress.forget(uid);
    this.departed.delete(labelValue(runIdOf(run)));
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const cached = this.options.caches.runs.get(key);
    if (!cached || cached.metadata.deletionTimestamp) return undefined;
    const run = this.status.latest(cached);
    let asked: ReturnType<typeof requestOf>;
    try {
      asked = requestOf(run);
    } catch (error) {
      return this.reject(run, (error as Error).message);
    }
    if (await this.resume(run)) return { requeueAfterMs: 0 };
    if (isFinished(run.status)) return this.finish(run, run === cached);
    return this.advance(run, asked.request, asked.algorithm);
  }

  private async advance(
    run: TrainingRun,
    request: DataOf<'run.requested'>,
    algorithm: AlgorithmName,
  ): Promise<ReconcileResult | undefined> {
    let job = await this.jobs.current(run);
    let waits: JobStart['waits'];
    let failure: unknown;
    const others = this.jobs.of(run).filter((other) => other !== job);
    for (const other of others) await this.jobs.delete(other);
    const lostMs = await endLostPods(run, this.podsOf(run), this.options);
    if (lostMs !== undefined) this.options.later(keyOfRun(run), lostMs);
    if (run.spec.suspend) {
      this.gang.forget(keyOfRun(run), run.metadata.uid);
      if (job && !isEnded(job)) await this.jobs.delete(job);
    } else if (!job && others.length === 0 && !(await this.endOldPods(run)))
      try {
        const governed = this.gang.governs(run, algorithm);
        const suspended = run.spec.queueName !== undefined || governed;
        const workload = governed ? await this.workloads.referenceOf(run) : undefined;
        ({ job, waits } = await this.jobs.start(run, request, algorithm, { suspended, workload }));
      } catch (error) {
        if (!refusalOf(error)) throw error;
        failure = error;
      }
    if (job) this.announcements.ensure(run, request, job);
    const { client, recorder } = this.options;
    const avoiding = await avoidNodes({ client, jobs: this.jobs }, run, {
      job,
      pods: this.podsOf(run),
      starts: !this.gang.governs(run, algorithm),
    });
    job = avoiding.job;
    const gang: GangStart = avoiding.held
      ? avoiding
      : await startGang(
          this.gang,
          run,
          { algorithm, job, pods: this.podsOf(run) },
          { jobs: this.jobs, workloads: this.workloads, recorder },
        );
    job = gang.job;
    const active = job !== undefined && !isEnded(job) && !job.spec?.suspend && !run.spec.suspend;
    const workers = await this.workers.reconcile(run, algorithm, active);
    const { facts, written } = this.options.progress.of(run);
    const pods = this.podsOf(run);
    const observation: RunObservation = {
      run,
      runId: runIdOf(run),
      algorithm,
      job,
      pods,
      remaining: this.remainingPods(run),
      facts,
      held: gang.held,
      refused: refusalOf(failure) ?? waits,
      ...workers,
    };
    let state = runState(observation);
    let retryMs = gang.held?.retryMs ?? gang.againMs;
    if (state.reason === 'PodsMissing' && job) {
      // The Job says nothing of pods that the API server refuses, for want of quota for example; an Event does.
      const since = Date.parse(job.status?.startTime ?? new Date().toISOString());
      if (Date.now() - since > REFUSED_MS)
        observation.refused = await this.refusals.of(run.metadata.uid, job);
      state = runState(observation);
      retryMs = REFUSED_MS;
    }
    if (job?.spec?.suspend && run.spec.queueName !== undefined && state.phase === 'Pending') {
      const { message, againMs } = await this.queue.of(job);
      observation.queued = message;
      state = runState(observation);
      retryMs = againMs;
    } else this.queue.forget(job);
    const wait = await this.write(run, observation, state);
    if (wait === undefined) written();
    this.recorded(pods);
    if (state.lostResult) return this.repeatResult(job!);
    // Once the condition says why: the queue tries again after its backoff.
    if (failure) throw failure;
    if (isFinished({ phase: state.phase })) {
      await this.workers.reconcile(run, algorithm, false);
      return { requeueAfterMs: 0 };
    }
    const times = [wait, retryMs].filter((one) => one !== undefined);
    return times.length > 0 ? { requeueAfterMs: Math.min(...times) } : undefined;
  }

  /**
   * Pods of an earlier Job of the run: two Jobs' pods would do the same work. They end with their Job, unless it was deleted
   * without them. @returns whether there are any
   */
  private async endOldPods(run: TrainingRun): Promise<boolean> {
    const old = this.podsOf(run).filter(isUnfinished);
    for (const { metadata } of old) {
      const { name, namespace, uid, deletionTimestamp } = metadata;
      if (!deletionTimestamp)
        await this.options.client.delete(kinds.pods, { name: name!, namespace }, { preconditions: { uid } });
    }
    return old.length > 0;
  }

  /** A completed run repeats its final events and says again which model it made. */
  private async repeatResult(job: Job): Promise<ReconcileResult | undefined> {
    const completedAt = Date.parse(job.status?.completionTime ?? new Date().toISOString());
    const wait = completedAt + RESULT_MS - Date.now();
    if (wait > 0) return { requeueAfterMs: wait };
    await this.jobs.delete(job);
    return undefined;
  }

  /** A new value of the annotation executes a failed run again. @returns whether a new value was found */
  private async resume(run: TrainingRun): Promise<boolean> {
    const asked = run.metadata.annotations?.[RESUME_ANNOTATION];
    if (asked === undefined || asked === run.status?.resumeRequest) return false;
    const restarts = run.status?.phase === 'Failed';
    const { phase, conditions, completionTime, ...kept } = run.status ?? {};
    await this.status.write(run, {
      ...kept,
      resumeRequest: asked,
      ...(restarts
        ? { phase: 'Pending', resumed: (kept.resumed ?? 0) + 1 }
        : { phase, conditions, completionTime }),
    });
    return true;
  }

  private async reject(run: TrainingRun, message: string): Promise<undefined> {
    const state: RunState = { phase: 'Failed', reason: 'ValidationFailed', message };
    await this.write(run, { run, runId: runIdOf(run), algorithm: '', pods: [], remaining: 0 }, state);
    return undefined;
  }

  /** @param known whether the cache shows the end, too */
  private async finish(run: TrainingRun, known: boolean): Promise<ReconcileResult | undefined> {
    const { algorithm, observedGeneration, completionTime } = run.status!;
    if (algorithm) await this.workers.reconcile(run, algorithm as AlgorithmName, false);
    const { generation } = run.metadata;
    // A change of the spec has no effect any more, but observedGeneration must follow it.
    if (observedGeneration !== generation) {
      const conditions = run.status!.conditions?.map((one) => ({ ...one, observedGeneration: generation }));
      await this.status.write(run, { ...run.status, conditions, observedGeneration: generation });
    }
    await keepModel(this.options.client, run);
    if (known) this.forget(run);
    return this.ttl(run, completionTime);
  }

  private async ttl(run: TrainingRun, endedAt: string | undefined): Promise<ReconcileResult | undefined> {
    const seconds = run.spec.ttlSecondsAfterFinished;
    if (seconds === undefined || endedAt === undefined) return undefined;
    const wait = Date.parse(endedAt) + seconds * 1000 - Date.now();
    if (wait > 0) return { requeueAfterMs: wait };
    await this.options.client.delete(kinds.runs, run.metadata, { preconditions: { uid: run.metadata.uid } });
    return undefined;
  }

  private async write(
    run: TrainingRun,
    observation: RunObservation,
    state: RunState,
  ): Promise<number | undefined> {
    const before = run.status;
    const next = runStatus(observation, state, new Date());
    const wait = await this.status.write(run, next);
    if (wait === undefined && before?.phase !== state.phase)
      this.options.recorder.record(run, {
        type: state.phase === 'Failed' ? 'Warning' : 'Normal',
        reason: state.reason,
        message: state.message,
        action: 'Reconcile',
      });
    return wait;
  }

  private allPodsOf(run: TrainingRun): Pod[] {
    return this.options.caches.pods
      .byIndex('runId', labelValue(runIdOf(run)))
      .filter(({ metadata }) => metadata.namespace === run.metadata.namespace);
  }

  private podsOf(run: TrainingRun): Pod[] {
    const departed = this.departed.get(labelValue(runIdOf(run)))?.values() ?? [];
    return [
      ...this.allPodsOf(run).filter(({ metadata }) => metadata.labels?.[labels.role] === TRAINER),
      ...[...departed].filter(({ metadata }) => metadata.namespace === run.metadata.namespace),
    ];
  }

  /** Pods of all roles: the workers of a suspended run end, too. */
  private remainingPods(run: TrainingRun): number {
    return this.allPodsOf(run).filter(isUnfinished).length;
  }

  /** The status says how the pods ended. */
  private recorded(pods: readonly Pod[]): void {
    for (const { departed, metadata } of pods) {
      const runId = metadata.labels?.[labels.runId] ?? '';
      const known = departed && this.departed.get(runId);
      if (!known) continue;
      known.delete(metadata.uid!);
      if (known.size === 0) this.departed.delete(runId);
    }
  }
}

const keyOfRun = ({ metadata }: TrainingRun): string => `${metadata.namespace}/${metadata.name}`;
