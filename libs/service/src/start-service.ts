import 'reflect-metadata';
import type { DynamicModule, INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { AnyEvent, EventType } from '@open-chatgpt/events';
import { Bus, BusServer } from '@open-chatgpt/messaging';
import type { ServiceConfig } from './config/service-config';
import { withLogContext } from './logging/context';
import { createLogger, NestLogger } from './logging/logger';
import { ServiceModule } from './service.module';
import { startTracing } from './tracing/start-tracing';
import { traceRequests } from './tracing/trace-requests';

export interface RunningService {
  app: INestApplication;
  /** Where it listens. */
  url: string;
  /** Takes no more work, ends what is at hand, and stops. */
  stop(): Promise<void>;
}

/** Consumer groups with the events that each takes: what must not wait for other work has a group of its own. */
export type ConsumerGroups = Readonly<Record<string, readonly EventType[]>>;

/**
 * Starts a service: its modules beside what every service has, listening on the configured address. SIGTERM and SIGINT end
 * it through Nest's shutdown hooks, in which modules finish or save their work.
 * @param prepare adds to the application what no module can, before it is initialised
 * @param ownSignals false: the process has several services, and whoever started them stops them in order
 */
export async function startService(
  name: string,
  config: ServiceConfig,
  modules: (Type | DynamicModule)[],
  groups: ConsumerGroups = {},
  prepare: (app: NestExpressApplication) => void = () => undefined,
  ownSignals = true,
): Promise<RunningService> {
  const followed = isContextRead(config);
  const stopTracing = startTracing(name, config.otlpEndpoint, followed);
  const logger = createLogger(name, config.logLevel);
  const root = {
    module: class RootModule {},
    imports: [ServiceModule.forRoot(config, logger, stopTracing), ...modules],
  };
  const app = await NestFactory.create<NestExpressApplication>(root, {
    logger: new NestLogger(logger),
    abortOnError: false,
    bodyParser: false,
  });
  app.disable('x-powered-by');
  if (ownSignals) app.enableShutdownHooks();
  app.use(traceRequests);
  prepare(app);
  app.useBodyParser('json', { limit: config.maxBodyBytes });
  for (const [group, types] of Object.entries(groups)) {
    const strategy = new BusServer({
      bus: app.get(Bus),
      group,
      types,
      around: followed ? inContextOfRun : undefined,
    });
    app.connectMicroservice({ strategy });
  }
  try {
    // Topics are made while the modules are initialised; groups can join them only then.
    await app.init();
    await app.startAllMicroservices();
    await app.listen(config.port, config.host);
  } catch (error) {
    await app.close().catch(() => undefined);
    throw explained(error as NodeJS.ErrnoException, config);
  }
  const url = await app.getUrl();
  logger.info({ url }, 'started');
  return { app, url, stop: () => app.close() };
}

/**
 * Whether a log or a collector tells to which run and trace work belongs. To follow that through every await takes two
 * hundredths of the time of training a small model with Node 20, which a service that logs errors alone need not pay.
 */
function isContextRead({ otlpEndpoint, logLevel }: ServiceConfig): boolean {
  return otlpEndpoint !== undefined || !['fatal', 'error'].includes(logLevel);
}

/** What is logged while an event is handled names its run. */
function inContextOfRun<T>({ data }: AnyEvent, handle: () => Promise<T>): Promise<T> {
  return 'runId' in data && data.runId ? withLogContext({ runId: data.runId }, handle) : handle();
}

function explained(error: NodeJS.ErrnoException, { host, port }: ServiceConfig): Error {
  if (error.code === 'EADDRINUSE')
    return new Error(
      `another process listens on ${host}:${port}; set OPEN_CHATGPT_PORT, 0 for any that is free`,
    );
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return new Error(
      `${host} is no address of this machine; set OPEN_CHATGPT_HOST, such as 127.0.0.1 or 0.0.0.0`,
    );
  return error;
}
