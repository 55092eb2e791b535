import { Injectable, type OnModuleDestroy } from '@nestjs/common';

/** How long a check may take before it counts as failed. */
const TIMEOUT_MS = 3000;

export interface Readiness {
  ready: boolean;
  /** 'ok', or what is wrong, for each thing that the service needs. */
  checks: Record<string, string>;
}

/** What a service needs to do its work: each part says how to find out whether it is there. */
@Injectable()
export class HealthService implements OnModuleDestroy {
  private readonly checks = new Map<string, () => Promise<void>>();
  private stopping = false;

  /** @param check rejects with what is wrong */
  add(name: string, check: () => Promise<void>): void {
    this.checks.set(name, check);
  }

  /** From now on the service is alive but takes no more work. */
  stop(): void {
    this.stopping = true;
  }

  /** The first that Nest does when a signal ends the service. */
  onModuleDestroy(): void {
    this.stop();
  }

  async readiness(): Promise<Readiness> {
    const outcomes = await Promise.all(
      [...this.checks].map(async ([name, check]) => [name, await outcome(check)] as const),
    );
    if (this.stopping) outcomes.push(['service', 'is shutting down']);
    return {
      ready: outcomes.every(([, text]) => text === 'ok'),
      checks: Object.fromEntries(outcomes),
    };
  }
}

async function outcome(check: () => Promise<void>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer within ${TIMEOUT_MS / 1000} s`), TIMEOUT_MS);
  });
  try {
    return await Promise.race([check().then(() => 'ok'), late]);
  } catch (error) {
    return (error as Error).message;
  } finally {
    clearTimeout(timer);
  }
}
