import type { OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from './logging/logger';

/** The last of a service that ends, by a call or by a signal: its traces are sent, and the log says so. */
export class ShutdownHook implements OnApplicationShutdown {
  constructor(
    private readonly logger: Logger,
    private readonly stopTracing: () => Promise<void>,
  ) {}

  async onApplicationShutdown(signal?: string): Promise<void> {
    await this.stopTracing();
    this.logger.info({ signal }, 'stopped');
  }
}
