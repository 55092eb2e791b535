import type { OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from './logging/logger';

/** Runs last in a shutdown: it sends the remaining traces and logs the end of the service. */
export class ShutdownHook implements OnApplicationShutdown {
  constructor(
    private readonly logger: Logger,
    private readonly stopTracing: () => Promise<void>,
  ) {}

  async onApplicationShutdown(signal?: string): Promise<void> {
    await this.stopTracing();
    this.logger.info({ signal }, 'The service is stopped');
  }
}
