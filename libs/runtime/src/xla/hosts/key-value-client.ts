import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessGroup } from '../../process-group';
import { MOST_WAIT_MS } from './key-value-server';

/** Codes of PJRT_Error_Code, which are those of absl::Status. */
export const STATUS = { deadlineExceeded: 4, notFound: 5, alreadyExists: 6, unavailable: 14 } as const;

/** A failure with the status that the plugin expects. */
export class KeyValueError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** Ranks start at different times: a pod may still fetch its image. */
const PATIENCE_MS = 600_000;
const RETRY_MS = 250;

/** The key-value store of a group, as one of its processes sees it. */
export class KeyValueClient {
  private readonly url: string;

  constructor(
    private readonly group: Pick<ProcessGroup, 'host' | 'port' | 'token'>,
    private readonly patienceMs = PATIENCE_MS,
  ) {
    this.url = `http://${group.host}:${group.port}`;
  }

  /** Waits for a value. @throws KeyValueError with the status deadlineExceeded */
  async get(key: string, timeoutMs: number): Promise<Buffer> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const left = Math.max(end - Date.now(), 0);
      const value = await this.read(key, Math.min(left, MOST_WAIT_MS), left);
      if (value) return value;
      if (Date.now() >= end)
        throw new KeyValueError(
          STATUS.deadlineExceeded,
          `no rank wrote "${key}" within ${timeoutMs / 1000} s: see the log of the other ranks`,
        );
    }
  }

  /** @throws KeyValueError with the status notFound */
  async tryGet(key: string): Promise<Buffer> {
    const value = await this.read(key, 0, this.patienceMs);
    if (value) return value;
    throw new KeyValueError(STATUS.notFound, `no rank has written "${key}"`);
  }

  /** @throws KeyValueError with the status alreadyExists: each key is written once */
  async put(key: string, value: Buffer): Promise<void> {
    const { status } = await this.request(
      key,
      { method: 'PUT', body: new Uint8Array(value) },
      this.patienceMs,
    );
    if (status === 409)
      throw new KeyValueError(
        STATUS.alreadyExists,
        `"${key}" is written already: a rank started again, and the ranks of a run start together`,
      );
    if (status !== 204) throw this.unavailable(`answered ${status}`);
  }

  private async read(key: string, waitMs: number, patienceMs: number): Promise<Buffer | null> {
    const response = await this.request(`${key}`, {}, patienceMs, `?wait=${waitMs}`);
    if (response.status === 404) return null;
    if (response.status !== 200) throw this.unavailable(`answered ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  }

  /** Repeats a request until rank 0 answers. */
  private async request(key: string, init: RequestInit, patienceMs: number, query = ''): Promise<Response> {
    const end = Date.now() + patienceMs;
    const headers = { authorization: `Bearer ${this.group.token}` };
    for (;;) {
      try {
        return await fetch(`${this.url}/${encodeURIComponent(key)}${query}`, { ...init, headers });
      } catch (error) {
        const { message, cause } = error as Error;
        if (Date.now() >= end)
          throw this.unavailable(`did not answer: ${(cause as Error)?.message ?? message}`);
        await sleep(RETRY_MS);
      }
    }
  }

  private unavailable(what: string): KeyValueError {
    return new KeyValueError(STATUS.unavailable, `rank 0 at ${this.url} ${what}`);
  }
}
