import { controllerOf } from '@open-chatgpt/kube';
import type { AlgorithmName } from '@open-chatgpt/pipeline';
import { labels, type TrainingRun } from '@open-chatgpt/resources';
import type { Caches } from '../kubernetes/caches';
import { labelValue, runIdOf } from '../kubernetes/names';
import { hasCondition, type Job, type Pod } from '../kubernetes/types';
import type { PodDefaults } from '../operator-config';
import { FreeDevices } from './free-devices';
import { gangOf, needsAdmission, type PodGroup } from './pod-group';

/** How long a look at the whole cluster is used for other runs. */
const SNAPSHOT_MS = 200;

/** Wait before another attempt to start a gang that could not start whole: the first, and the longest. */
const RETRY_MS = [30_000, 600_000] as const;

interface Admission {
  jobUid: string;
  at: number;
  /** What the pods will take, while the cache still shows the Job as suspended. */
  gang?: PodGroup[];
}

export interface Held {
  reason: string;
  message: string;
  /** Milliseconds after which to ask again; otherwise a change of the cluster is the occasion. */
  retryMs?: number;
}

/**
 * Lets runs with several GPU pods start all of them together. A run is admitted when the devices that are free, less those
 * that admitted runs will still take, are enough for all of its pods; so two runs never hold one half of what each needs.
 * Counting devices is not scheduling: a gang that is not on nodes in time, for want of memory say, gives all of them back.
 */
export class GangAdmission {
  /** Runs that wait: a change of a node or the end of a pod may let them start. */
  readonly held = new Set<string>();
  /** By the uid of the run. */
  private readonly admitted = new Map<string, Admission>();
  private readonly failed = new Map<string, { attempts: number; until: number; message: string }>();
  private devices?: { free: FreeDevices; at: number };
  private outdated = true;

  constructor(
    private readonly caches: Caches,
    private readonly defaults: PodDefaults,
  ) {}

  /** A node, pod or Job has changed. */
  changed(): void {
    this.outdated = true;
  }

  /** Whether the operator starts the pods of the run together. */
  governs(run: TrainingRun, algorithm: AlgorithmName): boolean {
    return needsAdmission(run, gangOf(run, algorithm, this.defaults));
  }

  /** Asks for the start of a suspended Job. @returns why it must wait, or null when it may start */
  admit(run: TrainingRun, algorithm: AlgorithmName, job: Job): Held | null {
    const key = keyOf(run);
    const held = this.decide(run, algorithm, job);
    if (held) this.held.add(key);
    else this.held.delete(key);
    return held;
  }

  private decide(run: TrainingRun, algorithm: AlgorithmName, job: Job): Held | null {
    const { uid } = run.metadata;
    const jobUid = job.metadata.uid!;
    if (this.admitted.get(uid)?.jobUid === jobUid) return null;
    const failed = this.failed.get(uid);
    const wait = failed ? failed.until - Date.now() : 0;
    if (failed && wait > 0) return { reason: 'GangTimeout', message: failed.message, retryMs: wait };
    const gang = gangOf(run, algorithm, this.defaults);
    const message = this.caches.nodes ? this.free().admit(gang) : this.othersStart();
    if (message !== null) return { reason: 'InsufficientDevices', message };
    this.admitted.set(uid, { jobUid, at: Date.now(), gang });
    return null;
  }

  /**
   * Whether the pods of a started gang are not all on nodes although they had the time. @returns why, and for how long the
   * run waits now; the milliseconds that are left to them; or null while all is well
   */
  expired(run: TrainingRun, algorithm: AlgorithmName, job: Job, pods: readonly Pod[]): Held | number | null {
    // A gang that has run as a whole keeps its devices when one of its pods is lost.
    if (!job.status?.startTime || run.status?.phase === 'Running' || !this.governs(run, algorithm))
      return null;
    const { uid } = run.metadata;
    const seconds = this.defaults.gangTimeoutSeconds;
    // The start of an earlier attempt, as long as the cache does not know of this one.
    const started = Math.max(Date.parse(job.status.startTime), this.admitted.get(uid)?.at ?? 0);
    const left = started + seconds * 1000 - Date.now();
    const waiting = pods.filter(({ spec, status }) => !spec?.nodeName && status?.phase === 'Pending');
    // Where the scheduler binds all pods or none, only those that do not fit say why.
    const unbound = waiting.find(whyUnbound) ?? waiting[0];
    if (!unbound) return null;
    if (left > 0) return left;
    const attempts = (this.failed.get(uid)?.attempts ?? 0) + 1;
    const retryMs = Math.min(RETRY_MS[1], RETRY_MS[0] * 2 ** (attempts - 1)) * (1 + Math.random());
    const message = `Not all pods of the run were on nodes after ${seconds} s, so none of them keeps its devices; ${unbound.metadata.name}: ${whyUnbound(unbound) ?? 'not scheduled'}`;
    this.failed.set(uid, { attempts, until: Date.now() + retryMs, message });
    this.admitted.delete(uid);
    return { reason: 'GangTimeout', message, retryMs };
  }

  /** The run is suspended, has ended, or is gone. */
  forget(key: string, uid: string): void {
    this.held.delete(key);
    this.failed.delete(uid);
    this.admitted.delete(uid);
  }

  private free(): FreeDevices {
    const now = performance.now();
    if (this.devices && (!this.outdated || now - this.devices.at < SNAPSHOT_MS)) return this.devices.free;
    const { nodes, pods } = this.caches;
    const free = new FreeDevices(nodes!.list(), pods.list());
    for (const { groups } of this.reservations()) free.reserve(groups);
    this.devices = { free, at: now };
    this.outdated = false;
    return free;
  }

  /** The pods of active runs that are not on a node yet. */
  private *reservations(): Generator<{ governed: boolean; groups: PodGroup[] }> {
    for (const job of this.caches.jobs.list()) {
      if (job.spec?.suspend || hasCondition(job, 'Complete') || hasCondition(job, 'Failed')) continue;
      const owner = controllerOf(job);
      const run = owner && this.caches.runs.get(`${job.metadata.namespace}/${owner.name}`);
      if (!run?.status?.algorithm) continue;
      const admission = this.admitted.get(run.metadata.uid);
      if (admission?.jobUid === job.metadata.uid) admission!.gang = undefined;
      const gang = gangOf(run, run.status.algorithm as AlgorithmName, this.defaults);
      yield { governed: needsAdmission(run, gang), groups: this.unbound(run, gang) };
    }
    for (const { gang } of this.admitted.values()) if (gang) yield { governed: true, groups: gang };
  }

  private unbound(run: TrainingRun, gang: readonly PodGroup[]): PodGroup[] {
    if (gang.length === 0) return [];
    const bound = this.caches.pods
      .byIndex('runId', labelValue(runIdOf(run)))
      .filter(({ spec, status }) => spec?.nodeName && status?.phase !== 'Failed')
      .map(({ metadata }) => metadata.labels?.[labels.role]);
    return gang.map((group) => ({
      ...group,
      count: Math.max(0, group.count - bound.filter((role) => role === group.role).length),
    }));
  }

  /** Without a view of the nodes one gang starts after the other: two cannot hold one half each. */
  private othersStart(): string | null {
    for (const { governed, groups } of this.reservations()) {
      const missing = groups.reduce((sum, { count }) => sum + count, 0);
      if (governed && missing > 0)
        return `${missing} pods of another run are not on nodes yet; the operator cannot see the nodes, so one run starts after the other`;
    }
    return null;
  }
}

const keyOf = ({ metadata }: { metadata: { name: string; namespace: string } }): string =>
  `${metadata.namespace}/${metadata.name}`;

const whyUnbound = ({ status }: Pod): string | undefined =>
  status?.conditions?.find(({ type }) => type === 'PodScheduled')?.message;
