import type { OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from './logging/logger';

/** Time for other services of the process, and for Nest, to end by themselves. */
const EXIT_MS = 3000;

/** Runs last in a shutdown: it sends the remaining traces and logs the end of the service. */
export class ShutdownHook implements OnApplicationShutdown {
  constructor(
    private readonly logger: Logger,
    private readonly stopTracing: () => Promise<void>,
  ) {}

  async onApplicationShutdown(signal?: string): Promise<void> {
    await this.stopTracing();
    this.logger.info({ signal }, 'The service is stopped');
    // The signal that Nest sends now does not end the first process of a container: an open handle would keep it running.
    if (signal) setTimeout(() => process.exit(), EXIT_MS).unref();
  }
}
