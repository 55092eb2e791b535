import type { DataOf } from '@open-chatgpt/events';
import {
  type EventRecorder,
  type KubeClient,
  KubeError,
  type KubeLogger,
  ownerReference,
  type ReconcileResult,
} from '@open-chatgpt/kube';
import { type AlgorithmName, descriptorOf } from '@open-chatgpt/pipeline';
import { labels, RESUME_ANNOTATION, type TrainingRun } from '@open-chatgpt/resources';
import { FreeDevices, gangOf, needsAdmission } from '../gang/gang-admission';
import type { Caches } from '../kubernetes/caches';
import { FIELD_MANAGER, labelValue, runIdOf, runLabels } from '../kubernetes/names';
import { StatusWriter } from '../kubernetes/status-writer';
import { type Deployment, hasCondition, type Job, kinds, type Pod } from '../kubernetes/types';
import type { PodDefaults } from '../operator-config';
import { jobOf, requestMap, TRAINER } from './job';
import { requestOf } from './request';
import type { RunProgress } from './run-progress';
import { isFinished, type RunObservation, type RunState, runState, runStatus } from './run-state';
import { workerRoles, workersName, workersOf } from './workers';

/** How long a run without its Job's result waits for the event that names it, before it repeats the result. */
const RESULT_MS = 30_000;

/** A pod on a lost node that should have ended this long ago never will. */
const LOST_POD_MS = 15_000;

const PROGRESS_FIELDS = [
  'step',
  'totalSteps',
  'progressPercent',
  'remainingSeconds',
  'lastProgressTime',
  'metrics',
  'worker',
  'attempt',
];

export interface RunReconcilerOptions {
  client: KubeClient;
  caches: Caches;
  progress: RunProgress;
  recorder: EventRecorder;
  defaults: PodDefaults;
  logger: KubeLogger;
  /** Publishes the request as a fact, so that other systems and the history know of it. */
  announce: (request: DataOf<'run.requested'>, id: string) => void;
}

/** Brings the Job, the workers and the status of a TrainingRun to what its spec asks for. */
export class RunReconciler {
  private readonly status: StatusWriter<TrainingRun>;
  /** Runs that wait for devices: a change of a node or the end of a pod may let them start. */
  readonly held = new Set<string>();

  constructor(private readonly options: RunReconcilerOptions) {
    this.status = new StatusWriter(options.client, kinds.runs, PROGRESS_FIELDS);
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const run = this.options.caches.runs.get(key);
    if (!run || run.metadata.deletionTimestamp) {
      this.held.delete(key);
      this.options.progress.forget(key);
      return undefined;
    }
    let asked: ReturnType<typeof requestOf>;
    try {
      asked = requestOf(run);
    } catch (error) {
      return this.reject(run, (error as Error).message);
    }
    const resumed = await this.resume(run);
    if (resumed) return { requeueAfterMs: 200 };
    if (isFinished(run.status)) return this.finish(run);
    return this.advance(run, asked.request, asked.algorithm);
  }

  private async advance(
    run: TrainingRun,
    request: DataOf<'run.requested'>,
    algorithm: AlgorithmName,
  ): Promise<ReconcileResult | undefined> {
    const { caches } = this.options;
    const key = keyOfRun(run);
    let job = this.jobOf(run);
    for (const other of this.jobsOf(run)) if (other !== job) await this.deleteJob(other);
    if (run.spec.suspend && job && !isEnded(job)) await this.deleteJob(job);
    else if (!job && !run.spec.suspend && !this.podsOf(run).some(isTerminating))
      job = await this.start(run, request, algorithm);
    const held = this.hold(run, algorithm, job);
    if (
      held === null &&
      job?.spec?.suspend &&
      needsAdmission(run, gangOf(run, algorithm, this.options.defaults))
    )
      job = await this.unsuspend(job);
    await this.replaceLostPods(run);
    const active = job !== undefined && !isEnded(job) && !job.spec?.suspend && !run.spec.suspend;
    const workers = await this.workers(run, algorithm, active);
    const pods = this.podsOf(run);
    const observation: RunObservation = {
      run,
      runId: runIdOf(run),
      algorithm,
      job,
      pods,
      facts: this.options.progress.of(run),
      held: held ?? undefined,
      ...workers,
    };
    const state = runState(observation);
    if (state.lostResult) return this.repeatResult(run, job!, observation, state);
    const wait = await this.write(run, observation, state);
    if (wait === undefined) this.options.progress.written(key);
    if (isFinished({ phase: state.phase })) {
      await this.workers(run, algorithm, false);
      return caches.runs.get(key) ? this.ttl(run, new Date().toISOString()) : undefined;
    }
    return wait !== undefined ? { requeueAfterMs: wait } : undefined;
  }

  /** Creates the request and the Job. Idempotent: both have the name of the run. */
  private async start(
    run: TrainingRun,
    request: DataOf<'run.requested'>,
    algorithm: AlgorithmName,
  ): Promise<Job | undefined> {
    const { client, defaults, recorder, announce } = this.options;
    const requestedAt = run.metadata.creationTimestamp;
    await client.apply(kinds.configMaps, requestMap(run, request, requestedAt) as never, {
      fieldManager: FIELD_MANAGER,
      force: true,
    });
    if (run.spec.trainer.ranks > 1) await this.applyRankService(run);
    const gang = gangOf(run, algorithm, defaults);
    const suspended = run.spec.queueName !== undefined || needsAdmission(run, gang);
    try {
      const job = await client.create(kinds.jobs, jobOf(run, algorithm, defaults, suspended), {
        fieldManager: FIELD_MANAGER,
      });
      recorder.record(run, {
        type: 'Normal',
        reason: 'JobCreated',
        message: `Created the Job ${job.metadata.name} for the stage ${run.spec.stage}`,
        action: 'CreateJob',
      });
      announce(request, `${request.runId}/requested/${run.status?.resumed ?? 0}`);
      return job;
    } catch (error) {
      if (!KubeError.is(error, 'AlreadyExists')) throw error;
      // The cache is older than the Job; or an old one of the same name is about to go, and its end brings the run back here.
      const found = await client.find(kinds.jobs, run.metadata);
      return found?.metadata.deletionTimestamp ? undefined : found;
    }
  }

  /** A headless Service: the ranks find each other by the names of their pods. */
  private async applyRankService(run: TrainingRun): Promise<void> {
    const { name, namespace } = run.metadata;
    await this.options.client.apply(
      kinds.services,
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, namespace, labels: runLabels(run), ownerReferences: [ownerReference(run)] },
        spec: {
          clusterIP: 'None',
          // The first rank is looked up before all of them are ready.
          publishNotReadyAddresses: true,
          selector: { 'batch.kubernetes.io/job-name': name },
        },
      },
      { fieldManager: FIELD_MANAGER, force: true },
    );
  }

  /** Why a run whose pods must start together does not start yet; null when it may. */
  private hold(
    run: TrainingRun,
    algorithm: AlgorithmName,
    job: Job | undefined,
  ): RunObservation['held'] | null {
    const key = keyOfRun(run);
    const { caches, defaults } = this.options;
    const gang = gangOf(run, algorithm, defaults);
    this.held.delete(key);
    if (!job?.spec?.suspend || !caches.nodes || !needsAdmission(run, gang)) return null;
    const free = new FreeDevices({ nodes: caches.nodes.list(), pods: caches.pods.list() });
    for (const other of caches.runs.list()) {
      if (other.metadata.uid === run.metadata.uid || isFinished(other.status)) continue;
      const running = caches.jobs.get(keyOfRun(other));
      if (!running || running.spec?.suspend || isEnded(running)) continue;
      free.reserve(other, gangOf(other, other.status?.algorithm as AlgorithmName, defaults));
    }
    const message = free.admit(gang);
    if (message === null) return null;
    this.held.add(key);
    return { reason: 'InsufficientDevices', message };
  }

  private async unsuspend(job: Job): Promise<Job> {
    const { name, namespace } = job.metadata;
    return this.options.client.mergePatch(
      kinds.jobs,
      { name: name!, namespace },
      { spec: { suspend: false } },
      { fieldManager: FIELD_MANAGER },
    );
  }

  /** The Deployments of rollout workers and critics: there while the run is active. */
  private async workers(
    run: TrainingRun,
    algorithm: AlgorithmName,
    active: boolean,
  ): Promise<Pick<RunObservation, 'rollouts' | 'critics'>> {
    const found: Pick<RunObservation, 'rollouts' | 'critics'> = {};
    if (descriptorOf(algorithm).service !== 'ppo-actor') return found;
    const { client, caches, defaults } = this.options;
    for (const worker of workerRoles) {
      const name = { name: workersName(run, worker), namespace: run.metadata.namespace };
      const cached = caches.deployments.get(`${name.namespace}/${name.name}`);
      if (active)
        found[worker.field] = await this.applyWorkers(run, workersOf(run, worker, defaults), cached);
      else if (cached && !cached.metadata.deletionTimestamp) await client.delete(kinds.deployments, name);
    }
    return found;
  }

  private async applyWorkers(
    run: TrainingRun,
    wanted: ReturnType<typeof workersOf>,
    cached: Deployment | undefined,
  ): Promise<Deployment> {
    const text = JSON.stringify(wanted.spec);
    const applied = this.appliedWorkers.get(cached?.metadata.uid ?? '');
    if (cached && applied === text) return cached;
    const { client } = this.options;
    const result = await client.apply(kinds.deployments, wanted as never, {
      fieldManager: FIELD_MANAGER,
      force: true,
    });
    this.appliedWorkers.set(result.metadata.uid!, text);
    if (!cached)
      this.options.recorder.record(run, {
        type: 'Normal',
        reason: 'WorkersCreated',
        message: `Created the Deployment ${result.metadata.name}`,
        action: 'CreateWorkers',
      });
    return result;
  }

  /** What was applied last to each Deployment, by uid, so that nothing is written while nothing has changed. */
  private readonly appliedWorkers = new Map<string, string>();

  /**
   * The Job waits until the pod of a lost node has ended, which its kubelet will not report. Deleting the object lets another
   * pod start; should the old one still run, the fencing token of the run keeps it from writing.
   */
  private async replaceLostPods(run: TrainingRun): Promise<void> {
    const { caches, client, recorder } = this.options;
    for (const pod of this.podsOf(run)) {
      const { deletionTimestamp, name, namespace, uid } = pod.metadata;
      const node = pod.spec?.nodeName && caches.nodes?.get(pod.spec.nodeName);
      if (!deletionTimestamp || !node || hasCondition(node, 'Ready')) continue;
      if (Date.now() < Date.parse(deletionTimestamp) + LOST_POD_MS) continue;
      await client.delete(
        kinds.pods,
        { name: name!, namespace },
        { gracePeriodSeconds: 0, preconditions: { uid } },
      );
      recorder.record(run, {
        type: 'Warning',
        reason: 'NodeLost',
        message: `Removed the pod ${name}: its node ${node.metadata.name} is not ready`,
        action: 'DeletePod',
      });
    }
  }

  /** Deletes a Job with its pods, which store a checkpoint. */
  private async deleteJob(job: Job): Promise<void> {
    if (job.metadata.deletionTimestamp) return;
    const { name, namespace, uid } = job.metadata;
    await this.options.client.delete(kinds.jobs, { name: name!, namespace }, { preconditions: { uid } });
  }

  /** A completed run repeats its final events and says again which model it made. */
  private async repeatResult(
    run: TrainingRun,
    job: Job,
    observation: RunObservation,
    state: RunState,
  ): Promise<ReconcileResult | undefined> {
    const completedAt = Date.parse(job.status?.completionTime ?? new Date().toISOString());
    const wait = completedAt + RESULT_MS - Date.now();
    if (wait > 0) return { requeueAfterMs: wait };
    await this.write(run, observation, state);
    await this.deleteJob(job);
    return undefined;
  }

  /** A new value of the annotation executes a failed run again. @returns whether there is one that is not carried out */
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
    await this.write(run, { run, runId: runIdOf(run), algorithm: '', pods: [] }, state);
    return undefined;
  }

  private async finish(run: TrainingRun): Promise<ReconcileResult | undefined> {
    const algorithm = run.status?.algorithm as AlgorithmName | undefined;
    if (algorithm) await this.workers(run, algorithm, false);
    this.options.progress.written(keyOfRun(run));
    this.status.forget(run.metadata.uid);
    return this.ttl(run, run.status?.completionTime);
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

  private jobsOf(run: TrainingRun): Job[] {
    return this.options.caches.jobs.byIndex('owner', run.metadata.uid);
  }

  /** The Job of the run since it was resumed last; one from before says nothing any more. */
  private jobOf(run: TrainingRun): Job | undefined {
    const resumed = String(run.status?.resumed ?? 0);
    return this.jobsOf(run).find(({ metadata }) => metadata.labels?.[labels.resumed] === resumed);
  }

  private podsOf(run: TrainingRun): Pod[] {
    return this.options.caches.pods
      .byIndex('runId', labelValue(runIdOf(run)))
      .filter(
        ({ metadata }) =>
          metadata.namespace === run.metadata.namespace && roleOf(metadata.labels) === TRAINER,
      );
  }
}

const roleOf = (own: Record<string, string> | undefined) => own?.['app.kubernetes.io/component'];
const keyOfRun = ({ metadata }: TrainingRun): string => `${metadata.namespace}/${metadata.name}`;
const isEnded = (job: Job): boolean => !!hasCondition(job, 'Complete') || !!hasCondition(job, 'Failed');
const isTerminating = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp !== undefined && status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
