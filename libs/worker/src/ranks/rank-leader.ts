import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { StoredCheckpoint } from '@open-chatgpt/runs';
import type { ProcessGroup } from '@open-chatgpt/runtime';
import type { StageEnvironment } from '@open-chatgpt/training';
import type { OneRunEnd } from '../one-run/one-run-end';
import { Link } from './link';
import { RanksApart, runPort, type ToFollower, type ToLeader } from './messages';

export interface LeaderListener {
  /** A rank received this signal to stop. */
  onStop: (signalNumber: number) => void;
  /** A rank has ended, so the run cannot go on. */
  onLost: (reason: string) => void;
}

/**
 * Rank 0 as the others see it. It alone claims the run, writes to the store and publishes events; it tells the others where the
 * run begins, and after each step whether it stops, so that all ranks execute the same programs.
 */
export class RankLeader {
  private readonly links = new Map<number, Link<ToFollower, ToLeader>>();
  private readonly server: Server;
  private met = () => {};
  private ended = false;

  constructor(
    private readonly group: ProcessGroup,
    private readonly listener: LeaderListener,
  ) {
    this.server = createServer((socket) => void this.greet(new Link(socket)));
  }

  /** Listens, and waits until all ranks are here. @throws RanksApart when the signal is aborted before, or the patience is exhausted */
  async meet(stop: AbortSignal, patienceMs: number): Promise<void> {
    const signal = AbortSignal.any([stop, AbortSignal.timeout(patienceMs)]);
    this.server.listen(runPort(this.group));
    await once(this.server, 'listening');
    await new Promise<void>((resolve) => {
      this.met = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    if (this.missing.length > 0)
      throw new RanksApart(
        `rank ${this.missing.join(', ')} of ${this.group.size} did not start within ${patienceMs / 1000} s: see the pods of the run`,
      );
  }

  /** The ranks that are not here. */
  private get missing(): number[] {
    const ranks = Array.from({ length: this.group.size - 1 }, (_, index) => index + 1);
    return ranks.filter((rank) => !this.links.has(rank));
  }

  begin(checkpoint: StoredCheckpoint | null): void {
    this.tell({ begin: checkpoint });
  }

  /** Where the run stops, once `stop` is aborted: at the next point where all ranks agree on it. */
  agreeing(stop: AbortSignal): Required<Pick<StageEnvironment, 'signal' | 'agree'>> {
    const stopping = new AbortController();
    const agree = async () => {
      this.tell({ stop: stop.aborted });
      if (stop.aborted) stopping.abort();
    };
    return { signal: stopping.signal, agree };
  }

  /** Tells the others how the run ended, and disconnects. */
  end({ model: _, ...end }: OneRunEnd): void {
    this.ended = true;
    this.tell({ end });
    for (const link of this.links.values()) link.close();
    this.server.close();
  }

  private tell(message: ToFollower): void {
    for (const link of this.links.values()) link.send(message);
  }

  private async greet(link: Link<ToFollower, ToLeader>): Promise<void> {
    const { rank, token } = { rank: 0, token: '', ...(await link.next()) };
    if (!isEqual(String(token), this.group.token) || !this.missing.includes(rank)) return link.refuse();
    this.links.set(rank, link);
    if (this.missing.length === 0) this.met();
    for (let message = await link.next(); message; message = await link.next())
      if ('stop' in message) this.listener.onStop(message.stop);
    if (this.ended) return;
    // Before the run begins, the rank may start again.
    if (this.missing.length > 0) this.links.delete(rank);
    else this.listener.onLost(`rank ${rank} has ended, and the ranks of a run end together`);
  }
}

function isEqual(given: string, expected: string): boolean {
  const [a, b] = [given, expected].map((text) => Buffer.from(text));
  return a.length === b.length && timingSafeEqual(a, b);
}
