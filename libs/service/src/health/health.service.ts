import { Injectable, type OnModuleDestroy } from '@nestjs/common';

/** A check that takes longer counts as failed. */
const TIMEOUT_MS = 3000;

export interface Readiness {
  ready: boolean;
  /** For each dependency 'ok' or the error. */
  checks: Record<string, string>;
}

/** The readiness of a service: the checks of the dependencies that it needs. */
@Injectable()
export class HealthService implements OnModuleDestroy {
  private readonly checks = new Map<string, () => Promise<void>>();
  private readonly tolerated = new Set<string>();
  /** Why the service as a whole is not ready; null while it works. */
  private pause: string | null = null;

  /** @param check rejects with the error when the dependency is unavailable */
  add(name: string, check: () => Promise<void>): void {
    this.checks.set(name, check);
  }

  remove(name: string): void {
    this.checks.delete(name);
  }

  /** A failure of these checks is reported, and the service stays ready: it does its work without them. */
  tolerate(...names: readonly string[]): void {
    for (const name of names) this.tolerated.add(name);
  }

  /** The service is live but not ready until `started()` is called. */
  starting(reason: string): void {
    this.pause = reason;
  }

  started(): void {
    this.pause = null;
  }

  /** From now on the service is live but not ready. */
  stop(): void {
    this.pause = 'is shutting down';
  }

  /** Nest calls this hook first in a shutdown, before modules finish their work. */
  onModuleDestroy(): void {
    this.stop();
  }

  async readiness(): Promise<Readiness> {
    const outcomes = await Promise.all(
      [...this.checks].map(async ([name, check]) => [name, await outcome(check)] as const),
    );
    if (this.pause !== null) outcomes.push(['service', this.pause]);
    return {
      ready:
        this.pause === null && outcomes.every(([name, text]) => text === 'ok' || this.tolerated.has(name)),
      checks: Object.fromEntries(outcomes),
    };
  }
}

async function outcome(check: () => Promise<void>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no response within ${TIMEOUT_MS / 1000} s`), TIMEOUT_MS);
  });
  try {
    return await Promise.race([check().then(() => 'ok'), late]);
  } catch (error) {
    return (error as Error).message;
  } finally {
    clearTimeout(timer);
  }
}
