import type { DynamicModule, Type } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { z } from 'zod';
import { loadConfig } from './config/load-config';
import type { ServiceConfig, serviceConfigSchema } from './config/service-config';
import { PlatformModule } from './platform/platform.module';
import { runMain } from './run-main';
import { type ConsumerGroups, startService } from './start-service';

/** The parts of a service, besides the bus, the store and those that every service has. */
export interface ServiceParts {
  module: Type | DynamicModule;
  groups: ConsumerGroups;
  /** Configures the application before it is initialized. */
  prepare?: (app: NestExpressApplication) => void;
}

/**
 * The program of a platform service: it loads the configuration, starts the service, and runs until SIGTERM or SIGINT.
 * @param schema the schema of the configuration
 */
export function runService<Shape extends (typeof serviceConfigSchema)['shape']>(
  name: string,
  schema: z.ZodObject<Shape>,
  partsOf: (config: z.output<z.ZodObject<Shape>>) => ServiceParts,
): void {
  void runMain(async () => {
    const config = loadConfig(schema);
    const { module, groups, prepare } = partsOf(config);
    const common = config as ServiceConfig;
    await startService(name, common, [PlatformModule.forRoot(name, common), module], groups, prepare);
  });
}
