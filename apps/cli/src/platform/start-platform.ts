import type { DynamicModule, Type } from '@nestjs/common';
import { DataIngestionModule, dataIngestionGroups } from '@open-chatgpt/data-ingestion';
import { configureApi, GatewayModule, gatewayGroups, submissionFields } from '@open-chatgpt/gateway';
import {
  configureInference,
  InferenceModule,
  inferenceConfigSchema,
  inferenceGroups,
} from '@open-chatgpt/inference';
import { stageDescriptors } from '@open-chatgpt/pipeline';
import { PpoActorModule, ppoActorConfigSchema, ppoActorGroups } from '@open-chatgpt/ppo-actor';
import { PpoCriticModule, ppoCriticGroups } from '@open-chatgpt/ppo-critic';
import {
  type ConsumerGroups,
  createLogger,
  loadConfig,
  openDriver,
  PlatformModule,
  type RunningService,
  shareDriver,
  startService,
} from '@open-chatgpt/service';
import { machineMemory } from '@open-chatgpt/sizing';
import { TrainerModule, trainerGroups } from '@open-chatgpt/worker';
import type { z } from 'zod';

/** The fields of all services of this process. */
const platformConfigSchema = inferenceConfigSchema.extend(submissionFields);
type PlatformConfig = z.output<typeof platformConfigSchema>;

interface Service {
  name: string;
  module: Type | DynamicModule;
  groups: ConsumerGroups;
  /** 0 by default: any that is free. */
  port?: number;
  prepare?: Parameters<typeof startService>[4];
}

/**
 * Every service: its name, its module, and the events that it consumes. They stop in the opposite order: the critic stops
 * after the learner of the actor, which needs it for its last checkpoint; the gateway stops first.
 */
function servicesOf(config: PlatformConfig, inferencePort: number): Service[] {
  const ppo: Service[] = [
    { name: 'ppo-critic', module: PpoCriticModule.forRole('all'), groups: ppoCriticGroups({ role: 'all' }) },
    {
      name: 'ppo-actor',
      module: PpoActorModule.forRoot(ppoActorConfigSchema.parse(config)),
      groups: ppoActorGroups({ role: 'all' }),
    },
  ];
  // An algorithm whose service is not among those above needs only its plain loop.
  const trainers = stageDescriptors
    .filter(({ service }) => !ppo.some(({ name }) => name === service))
    // A service that executes several algorithms starts once.
    .filter(({ service }, i, all) => all.findIndex((other) => other.service === service) === i)
    .map(({ name, service }) => ({
      name: service,
      module: TrainerModule.forAlgorithm(name),
      groups: trainerGroups(name),
    }));
  return [
    { name: 'data-ingestion', module: DataIngestionModule, groups: dataIngestionGroups },
    ...trainers,
    ...ppo,
    {
      name: 'inference',
      module: InferenceModule.forRoot(config),
      groups: inferenceGroups(),
      port: inferencePort,
      prepare: configureInference,
    },
    {
      name: 'gateway',
      module: GatewayModule,
      groups: gatewayGroups,
      port: config.port,
      prepare: configureApi,
    },
  ];
}

export interface Platform {
  /** Of the gateway. */
  url: string;
  /** Of the service that answers with the newest model. */
  inferenceUrl: string;
  stop(): Promise<void>;
}

/** @throws Error naming the variable or field that is wrong */
export function loadPlatformConfig(variables: Record<string, string | undefined>): PlatformConfig {
  const config = loadConfig(platformConfigSchema, variables);
  // Trainers run in this process.
  return { ...config, runMemoryGib: config.runMemoryGib ?? machineMemory() / 2 ** 30 };
}

/**
 * All services in this process, as they run alone in a cluster; they share one bus.
 * @param inferencePort where models are served; 0 takes any that is free
 */
export async function startPlatform(config: PlatformConfig, inferencePort = 0): Promise<Platform> {
  const driver = openDriver('openchat', config, createLogger('openchat', config.logLevel));
  const running = new Map<string, RunningService>();
  const stop = async () => {
    for (const service of [...running.values()].reverse()) await service.stop();
    await driver.close();
  };
  try {
    for (const { name, module, groups, port = 0, prepare } of servicesOf(config, inferencePort)) {
      const own = { ...config, port };
      if (running.has(name)) throw new Error(`the service ${name} starts twice`);
      const platform = PlatformModule.forRoot(name, own, shareDriver(driver));
      running.set(name, await startService(name, own, [platform, module], groups, prepare, false));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const urlOf = (name: string) => running.get(name)!.url;
  return { url: urlOf('gateway'), inferenceUrl: urlOf('inference'), stop };
}
