import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StoredCheckpoint } from '@open-chatgpt/runs';
import type { ProcessGroup } from '@open-chatgpt/runtime';
import { type OneRunEnd, unavailable } from '../one-run/one-run-end';
import { Link } from './link';
import { RanksApart, runPort, type ToFollower, type ToLeader } from './messages';

const RETRY_MS = 250;

/** A rank above 0: it learns from rank 0 where the run begins, where it stops and how it ends. */
export class RankFollower {
  /** From when rank 0 ends, also without a word. */
  readonly end: Promise<OneRunEnd>;
  /** Where the run begins; no rank begins a run that has ended before. */
  readonly begin: Promise<StoredCheckpoint | null>;
  private readonly stopping = new AbortController();
  private readonly decisions: boolean[] = [];
  private decided = () => {};

  private constructor(
    readonly rank: number,
    private readonly link: Link<ToLeader, ToFollower>,
    first: ToFollower,
  ) {
    let begin: (checkpoint: StoredCheckpoint | null) => void = () => {};
    this.begin = new Promise((resolve) => {
      begin = resolve;
    });
    this.end = this.read(first, begin);
  }

  /**
   * Connects to rank 0, which may start later, and waits until all ranks are here.
   * @throws RanksApart when the signal is aborted before, or the patience is exhausted
   */
  static async join(group: ProcessGroup, stop: AbortSignal, patienceMs: number): Promise<RankFollower> {
    const { host, rank, token } = group;
    const signal = AbortSignal.any([stop, AbortSignal.timeout(patienceMs)]);
    while (!signal.aborted) {
      const link = new Link<ToLeader, ToFollower>(connect(runPort(group), host));
      const close = () => link.refuse();
      signal.addEventListener('abort', close);
      try {
        link.send({ rank, token });
        const first = await link.next();
        if (first) return new RankFollower(rank, link, first);
      } finally {
        signal.removeEventListener('abort', close);
      }
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
    throw new RanksApart(
      `rank 0 at ${host}:${runPort(group)} did not begin a run with rank ${rank} within ${patienceMs / 1000} s: a rank has not ` +
        'started, or the token of the ranks differs',
    );
  }

  /** Aborted where rank 0 has decided that the run stops. */
  get stopped(): AbortSignal {
    return this.stopping.signal;
  }

  /** Waits for what rank 0 decides at this point of the run: see `StageEnvironment.agree`. */
  async agree(): Promise<void> {
    while (this.decisions.length === 0)
      await new Promise<void>((resolve) => {
        this.decided = resolve;
      });
    if (this.decisions.shift()) this.stopping.abort();
  }

  /** Asks rank 0 to stop the run, because this process received a signal. */
  askToStop(signalNumber: number): void {
    this.link.send({ stop: signalNumber });
  }

  private async read(
    first: ToFollower,
    begin: (checkpoint: StoredCheckpoint | null) => void,
  ): Promise<OneRunEnd> {
    for (let message: ToFollower | null = first; message; message = await this.link.next()) {
      if ('end' in message) return message.end;
      if ('begin' in message) begin(message.begin);
      else {
        this.decisions.push(message.stop);
        this.decided();
      }
    }
    return unavailable('rank 0 has ended, and the ranks of a run end together');
  }
}
