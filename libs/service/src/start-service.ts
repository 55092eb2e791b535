import 'reflect-metadata';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DynamicModule, INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { AnyEvent, EventType } from '@open-chatgpt/events';
import { Bus, BusServer } from '@open-chatgpt/messaging';
import { corsOptions } from './access/cors-options';
import { requireOneHost } from './access/require-one-host';
import { secureHeaders } from './access/secure-headers';
import { limitConnections } from './bodies/limit-connections';
import type { ServiceConfig } from './config/service-config';
import { HealthService } from './health/health.service';
import { WhileStarting } from './health/while-starting';
import { withLogContext } from './logging/context';
import { createLogger, NestLogger } from './logging/logger';
import { MetricsService } from './metrics/metrics.service';
import { storeAdmission } from './platform/store-admission';
import { ServiceModule } from './service.module';
import { startTracing } from './tracing/start-tracing';
import { traceRequests } from './tracing/trace-requests';

export interface RunningService {
  app: INestApplication;
  /** The base URL of its HTTP server. */
  url: string;
  /** Accepts no more work, finishes or saves the running work, and stops. */
  stop(): Promise<void>;
}

/** The consumer groups of a service with their event types. Events that must not wait for long handlers have their own group. */
export type ConsumerGroups = Readonly<Record<string, readonly EventType[] | GroupOptions>>;

/** A consumer group that handles only messages with some keys, or several messages at once. */
export interface GroupOptions {
  types: readonly EventType[];
  /** All by default. */
  keys?: (key: string | null) => boolean;
  /** How many messages are handled at once, each of another partition; 1 by default. */
  concurrency?: number;
  /** Messages of different keys do not wait for each other, also in one partition. */
  independentKeys?: boolean;
}

/**
 * Starts a service: its modules and those that every service has, on the configured address. It listens before its modules start,
 * which wait for Kafka: until then it is live and not ready. SIGTERM and SIGINT stop it through Nest's shutdown hooks, in which modules
 * finish or save their work.
 * @param prepare configures the application before it is initialized, where a module cannot
 * @param ownSignals false if the process has several services and the caller stops them in order
 */
export async function startService(
  name: string,
  config: ServiceConfig,
  modules: (Type | DynamicModule)[],
  groups: ConsumerGroups = {},
  prepare: (app: NestExpressApplication) => void = () => undefined,
  ownSignals = true,
): Promise<RunningService> {
  const tracksContext = usesContext(config);
  const stopTracing = startTracing(name, config.otlpEndpoint, tracksContext);
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
  app.use(secureHeaders);
  if (config.corsOrigins.length > 0) app.enableCors(corsOptions(config.corsOrigins));
  app.use(requireOneHost);
  app.use(traceRequests);
  const whileStarting = new WhileStarting(app.get(HealthService));
  app.use(whileStarting.handle);
  prepare(app);
  limitConnections(app.getHttpServer(), config, app.get(MetricsService));
  const admission = Object.keys(groups).length > 0 ? storeAdmission(app) : undefined;
  for (const [group, events] of Object.entries(groups)) {
    const strategy = new BusServer({
      bus: app.get(Bus),
      group,
      admission,
      ...('types' in events ? events : { types: events }),
      wrapHandler: tracksContext ? withRunContext : undefined,
    });
    app.connectMicroservice({ strategy });
  }
  app.get(HealthService).starting(config.bus === 'embedded' ? 'is starting' : 'is waiting for Kafka');
  try {
    const server: Server = app.getHttpServer();
    await once(server.listen(config.port, config.host), 'listening');
    // The modules create the topics during init; groups can join only after that.
    await app.init();
    await app.startAllMicroservices();
    whileStarting.end();
  } catch (error) {
    await app.close().catch(() => undefined);
    throw explainListenError(error as NodeJS.ErrnoException, config);
  }
  const url = urlOf(app.getHttpServer());
  logger.info({ url }, 'The service is started');
  return { app, url, stop: () => app.close() };
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  // A program of this machine reaches an address for all networks as its own.
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[address] ?? address;
  return `http://${family === 'IPv6' ? `[${host}]` : host}:${port}`;
}

/**
 * Whether a log or a collector uses the run and trace ids. Tracking them across awaits takes 2 % of the time of training a
 * small model on Node 20, so a service that logs only errors does not track them.
 */
function usesContext({ otlpEndpoint, logLevel }: ServiceConfig): boolean {
  return otlpEndpoint !== undefined || !['fatal', 'error'].includes(logLevel);
}

/** Adds the event's run id to all log lines of its handler. */
function withRunContext<T>({ data }: AnyEvent, handle: () => Promise<T>): Promise<T> {
  return 'runId' in data && data.runId ? withLogContext({ runId: data.runId }, handle) : handle();
}

function explainListenError(error: NodeJS.ErrnoException, { host, port }: ServiceConfig): Error {
  if (error.code === 'EADDRINUSE')
    return new Error(
      `another process listens on ${host}:${port}; set OPEN_CHATGPT_PORT to another port, or to 0 for a free one`,
    );
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return new Error(
      `${host} is not an address of this machine; set OPEN_CHATGPT_HOST, for example to 127.0.0.1 or 0.0.0.0`,
    );
  return error;
}
