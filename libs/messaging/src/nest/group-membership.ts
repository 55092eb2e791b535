import type { Subscription } from '../driver';
import { sleep } from '../timing';

/** Whether a service can do the work of its groups. */
export interface Admission {
  /** Rejects when the service cannot do its work although others can: its store refuses it. */
  check(): Promise<void>;
  /** Called at each check that keeps the service out of a group, or makes it leave. */
  onRefused(error: Error): void;
}

export interface MembershipOptions {
  admission: Admission;
  /** How often it is checked; 10 s by default. */
  pollMs?: number;
}

/** Refusals in a row after which a member leaves: one alone may be an error of the network. */
const REFUSALS_TO_LEAVE = 2;

/**
 * The membership of a service in a group. A service that cannot do the work does not take messages that other members could
 * handle: it joins once it is admitted, and leaves when it is refused. Its messages then go to the others.
 */
export class GroupMembership {
  private readonly stopping = new AbortController();
  private subscription: Subscription | undefined;
  private refusals = 0;

  constructor(
    private readonly join: () => Promise<Subscription | undefined>,
    private readonly options: MembershipOptions,
  ) {}

  /** Joins if it is admitted now, else later. @throws the error of joining now */
  async start(): Promise<void> {
    if (await this.isAdmitted()) this.subscription = await this.join();
    void this.watch();
  }

  /** Finishes the running handlers, commits their messages and leaves. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.leave();
  }

  private async watch(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await sleep(this.options.pollMs ?? 10_000, signal);
      if (signal.aborted) return;
      if (await this.isAdmitted()) this.subscription ??= await this.join().catch(() => undefined);
      if (signal.aborted || this.refusals >= REFUSALS_TO_LEAVE) await this.leave();
    }
  }

  private async leave(): Promise<void> {
    const { subscription } = this;
    this.subscription = undefined;
    await subscription?.stop();
  }

  private async isAdmitted(): Promise<boolean> {
    try {
      await this.options.admission.check();
      this.refusals = 0;
      return true;
    } catch (error) {
      this.refusals += 1;
      if (!this.subscription || this.refusals === REFUSALS_TO_LEAVE)
        this.options.admission.onRefused(error as Error);
      return false;
    }
  }
}
