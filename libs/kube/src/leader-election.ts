import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { jitter, sleep } from './backoff';
import type { Fence } from './client/fence';
import type { KubeClient } from './client/kube-client';
import { KubeError } from './client/kube-error';
import { type KubeLogger, silentLogger } from './logger';
import { type KubeObject, resourceType } from './object';

interface Lease extends KubeObject {
  spec?: {
    /** Empty when nobody leads. */
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    acquireTime?: string;
    renewTime?: string;
    leaseTransitions?: number;
  };
}

const leases = resourceType<Lease>('coordination.k8s.io/v1', 'Lease', 'leases');

export interface LeaderElectionOptions {
  client: KubeClient;
  /** The Lease that all candidates name. */
  namespace: string;
  name: string;
  /** Must differ between processes, also between two that follow each other in one pod. Default: host name and a UUID. */
  identity?: string;
  /** Others wait so long after the last renewal that they have seen. Default 15 s. */
  leaseDurationMs?: number;
  /** The leader gives up when it could not renew for so long. Default 10 s. */
  renewDeadlineMs?: number;
  /** Between two attempts to renew or to acquire. Default 2 s. */
  retryPeriodMs?: number;
  logger?: KubeLogger;
  /** Told whenever another candidate is seen to lead; the empty identity is nobody. */
  onLeaderChange?: (identity: string) => void;
}

/** Why `LeaderElection.run` ended: `done` when the leader's work ended by itself. */
export type ElectionEnd = 'stopped' | 'lost' | 'done';

/** What the Lease said when it last changed, and when that was by our clocks. */
interface Observed {
  resourceVersion?: string;
  identity: string;
  durationMs: number;
  at: Instant;
}

/**
 * Elects one of several processes by a Lease, with the times of client-go.
 *
 * Two never act at once, whatever their clocks say:
 * - The Lease changes hands only by a compare-and-swap on its resourceVersion.
 * - A candidate takes over when the Lease has not changed for `leaseDurationMs` by the candidate's own clock. The
 *   timestamps in the Lease are for people: nobody compares them with a clock of their own.
 * - The leader counts from the moment before it sent its last successful renewal, which is earlier than anyone can have
 *   seen the renewal. It starts no write later than `renewDeadlineMs` after that, and gives up writes under way at
 *   `leaseDurationMs`: `client.fenced(election)` does both.
 * - A process that was stopped (SIGSTOP, a long pause of the event loop) fails the check when it goes on, because the
 *   check compares clocks and does not rely on a timer that would have fired. A leader counts the longer of monotonic and
 *   wall-clock time, because a suspended machine stops the monotonic clock; a candidate counts monotonic time.
 *
 * What stays: a request that has left this machine cannot be called back. If the network holds it for more than the
 * difference of the two times (5 s), it may reach the server after the next leader has begun. So writes must stay safe
 * when repeated, as those of level-based reconcilers with fixed names and server-side apply are. Nobody may delete the
 * Lease while a process leads: without it the next candidate does not know that it has to wait.
 */
export class LeaderElection implements Fence {
  readonly identity: string;
  readonly #options: LeaderElectionOptions;
  readonly #leaseDurationMs: number;
  readonly #renewDeadlineMs: number;
  readonly #retryPeriodMs: number;
  readonly #logger: KubeLogger;
  #observed?: Observed;
  /** Just before the last successful renewal was sent; undefined when this process does not lead. */
  #renewed?: Instant;
  /** The Lease as we last wrote or read it. */
  #lease?: Lease;

  constructor(options: LeaderElectionOptions) {
    const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2_000 } = options;
    if (!(leaseDurationMs > renewDeadlineMs && renewDeadlineMs > retryPeriodMs && retryPeriodMs > 0))
      throw new Error(
        `leaseDurationMs ${leaseDurationMs} must be longer than renewDeadlineMs ${renewDeadlineMs}, which must be longer than retryPeriodMs ${retryPeriodMs}`,
      );
    this.#options = options;
    this.#leaseDurationMs = leaseDurationMs;
    this.#renewDeadlineMs = renewDeadlineMs;
    this.#retryPeriodMs = retryPeriodMs;
    this.#logger = options.logger ?? silentLogger;
    this.identity = options.identity ?? `${hostname()}_${randomUUID()}`;
  }

  /** Whether this process may act now. */
  isLeader(): boolean {
    return this.remainingMs() > 0;
  }

  /** Who led when the Lease was last read; empty for nobody. */
  get leader(): string {
    return this.#observed?.identity ?? '';
  }

  remainingMs(): number {
    return this.#renewed ? this.#renewDeadlineMs - elapsedAtMost(this.#renewed) : 0;
  }

  leaseRemainingMs(): number {
    return this.#renewed ? this.#leaseDurationMs - elapsedAtMost(this.#renewed) : 0;
  }

  /**
   * Waits until this process leads and calls `lead`. Its signal is aborted when leadership is lost or `stop` is aborted;
   * then `lead` must end soon. After a stop the Lease is renewed until `lead` has ended, and then released, so that the
   * next leader starts at once. After a loss nothing is released: a process that cannot stop in time should exit.
   *
   * Throws what `lead` throws.
   */
  async run(lead: (leadership: AbortSignal) => Promise<void>, stop: AbortSignal): Promise<ElectionEnd> {
    if (!(await this.#acquire(stop))) return 'stopped';
    this.#logger.info({ identity: this.identity }, `Leads: holds the lease ${this.#options.name}`);
    const leadership = new AbortController();
    const ended = new AbortController();
    const onStop = () => leadership.abort(new Error('stopped'));
    if (stop.aborted) onStop();
    stop.addEventListener('abort', onStop, { once: true });
    const work = lead(leadership.signal).finally(() => ended.abort());
    // Handled below; the renewal may take until after it has failed.
    work.catch(() => undefined);
    try {
      const lost = await this.#keep(ended.signal);
      if (lost) {
        this.#renewed = undefined;
        this.#logger.warn({ identity: this.identity }, `Lost the lease ${this.#options.name}: ${lost}`);
        leadership.abort(new Error(`lost the lease: ${lost}`));
        await work.catch((error) => this.#logger.debug({ err: error }, 'The work of the leader was cut off'));
        return 'lost';
      }
      await work;
      return stop.aborted ? 'stopped' : 'done';
    } finally {
      stop.removeEventListener('abort', onStop);
      await this.#release();
    }
  }

  /** True when the Lease is ours; false when `stop` came first. */
  async #acquire(stop: AbortSignal): Promise<boolean> {
    let logged = '';
    while (!stop.aborted) {
      try {
        if (await this.#tryToHold(this.#renewDeadlineMs)) return true;
        logged = '';
      } catch (error) {
        const { message } = error as Error;
        if (message !== logged) this.#logger.warn({ err: error }, `Cannot acquire the lease: ${message}`);
        logged = message;
      }
      await sleep(this.#retryPeriodMs * (1 + 0.2 * Math.random()), stop);
    }
    return false;
  }

  /** Renews until `ended` is aborted, or the lease is lost: returns why. */
  async #keep(ended: AbortSignal): Promise<string | undefined> {
    let problem = 'was not renewed in time';
    while (!ended.aborted) {
      // Never sleeps past the deadline, so that a loss is noticed when it happens.
      await sleep(Math.max(0, Math.min(jitter(this.#retryPeriodMs, 0.05), this.remainingMs())), ended);
      if (ended.aborted) return undefined;
      if (!this.isLeader()) return problem;
      try {
        if (!(await this.#tryToHold(this.remainingMs()))) return `${this.leader || 'nobody'} holds it now`;
      } catch (error) {
        problem = (error as Error).message;
        this.#logger.warn(
          { err: error, remainingMs: this.remainingMs() },
          `Cannot renew the lease: ${problem}`,
        );
      }
    }
    return undefined;
  }

  /** Acquires or renews. False when another process holds the Lease, or was faster. */
  async #tryToHold(limitMs: number): Promise<boolean> {
    const timeoutMs = Math.min(limitMs, this.#renewDeadlineMs / 2);
    const { client, namespace, name } = this.#options;
    const call = { timeoutMs, retries: 0, urgent: true };
    // The leader writes the version that it knows. Everyone else reads it first.
    const known = this.#renewed ? this.#lease : undefined;
    const lease = known ?? (await client.find(leases, { namespace, name }, call));
    if (lease) this.#observe(lease);
    const holder = lease?.spec?.holderIdentity ?? '';
    const ours = holder === this.identity;
    if (lease && holder && !ours && elapsedAtLeast(this.#observed!.at) < this.#observed!.durationMs)
      return false;

    const sentAt = now();
    const time = microTime();
    const next: Lease = {
      apiVersion: leases.apiVersion,
      kind: leases.kind,
      metadata: lease?.metadata ?? { namespace, name },
      spec: {
        ...lease?.spec,
        holderIdentity: this.identity,
        leaseDurationSeconds: Math.ceil(this.#leaseDurationMs / 1000),
        acquireTime: ours ? lease?.spec?.acquireTime : time,
        renewTime: time,
        leaseTransitions: (lease?.spec?.leaseTransitions ?? 0) + (ours || !lease ? 0 : 1),
      },
    };
    try {
      this.#lease = lease
        ? await client.replace(leases, next, call)
        : await client.create(leases, next, call);
    } catch (error) {
      this.#lease = undefined;
      if (!KubeError.is(error, 'Conflict', 'AlreadyExists', 'NotFound')) throw error;
      // Someone changed the Lease, perhaps ourselves by a call whose answer was lost: the next attempt reads it.
      if (this.#renewed) return this.#stillOurs(call);
      return false;
    }
    this.#observe(this.#lease);
    this.#renewed = sentAt;
    return true;
  }

  /** After a conflict of the leader: whether the Lease still names this process. The next attempt renews it. */
  async #stillOurs(call: { timeoutMs: number; retries: number; urgent: boolean }): Promise<boolean> {
    const { client, namespace, name } = this.#options;
    const lease = await client.find(leases, { namespace, name }, call);
    if (!lease) return true;
    this.#observe(lease);
    if (lease.spec?.holderIdentity !== this.identity) return false;
    this.#lease = lease;
    return true;
  }

  #observe(lease: Lease): void {
    const { resourceVersion } = lease.metadata;
    if (this.#observed && this.#observed.resourceVersion === resourceVersion) return;
    const identity = lease.spec?.holderIdentity ?? '';
    const durationMs = (lease.spec?.leaseDurationSeconds ?? 0) * 1000;
    if (identity !== this.leader) this.#options.onLeaderChange?.(identity);
    this.#observed = {
      resourceVersion,
      identity,
      durationMs: durationMs || this.#leaseDurationMs,
      at: now(),
    };
  }

  /** Says that nobody leads, if the Lease is still ours. */
  async #release(): Promise<void> {
    const lease = this.#lease;
    const held = this.isLeader();
    const timeoutMs = Math.min(this.remainingMs(), this.#retryPeriodMs);
    this.#renewed = undefined;
    this.#lease = undefined;
    if (!held || !lease) return;
    try {
      const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime() };
      this.#observe(
        await this.#options.client.replace(
          leases,
          { ...lease, spec },
          { timeoutMs, retries: 0, urgent: true },
        ),
      );
      this.#logger.info({ identity: this.identity }, `Released the lease ${this.#options.name}`);
    } catch (error) {
      // It runs out by itself.
      this.#logger.warn({ err: error }, `Cannot release the lease: ${(error as Error).message}`);
    }
  }
}

interface Instant {
  monotonic: number;
  wall: number;
}

const now = (): Instant => ({ monotonic: performance.now(), wall: Date.now() });

/** For who waits to take over: a clock that is set forward must not shorten the wait. */
const elapsedAtLeast = ({ monotonic }: Instant): number => performance.now() - monotonic;

/** For who must stop in time: the monotonic clock stands still while the machine is suspended. */
const elapsedAtMost = ({ monotonic, wall }: Instant): number =>
  Math.max(performance.now() - monotonic, Date.now() - wall);

/** The format of `MicroTime`. */
const microTime = () => new Date().toISOString().replace('Z', '000Z');
