import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamicModule } from '@nestjs/common';
import type { AlgorithmName } from '@open-chatgpt/pipeline';
import { currentDevice, type ProcessGroup } from '@open-chatgpt/runtime';
import {
  LOGGER,
  type Logger,
  printFailure,
  type RunningService,
  type ServiceConfig,
} from '@open-chatgpt/service';
import { OneRun } from './one-run';
import type { OneRunConfig } from './one-run-config';
import { failed, type OneRunEnd } from './one-run-end';
import { type RunRequest, readRequestFile } from './request-file';
import { listenForStop } from './stop-signal';
import { writeTerminationMessage } from './termination-message';

/** Longest time for disconnecting from the bus at the end. */
const CLOSE_MS = 3000;

export interface OneRunProgram<Config extends ServiceConfig & OneRunConfig> {
  algorithm: AlgorithmName;
  /** @throws Error naming the variables that are wrong */
  loadConfig: () => Config;
  moduleOf: (config: Config) => DynamicModule;
  waitsForServices: boolean;
  /** The ranks that execute the run together. @throws Error naming the variable that is wrong */
  group: () => ProcessGroup | null;
}

/** Executes the run of a request file, and ends the process with its exit code and termination message. */
export async function runOnce<Config extends ServiceConfig & OneRunConfig>(
  { algorithm, loadConfig, moduleOf, waitsForServices, group: findGroup }: OneRunProgram<Config>,
  file: string,
): Promise<never> {
  const stop = listenForStop();
  let request: RunRequest;
  try {
    request = readRequestFile(file, algorithm);
  } catch (error) {
    return exit(failed('InvalidRequest', (error as Error).message));
  }
  const { runId } = request.data;
  let config: Config;
  let group: ProcessGroup | null;
  try {
    config = loadConfig();
    currentDevice();
    group = findGroup();
    if (group && waitsForServices) refuseRank(group);
  } catch (error) {
    return exit(failed('InvalidConfiguration', (error as Error).message), runId);
  }
  const run = new OneRun({
    algorithm,
    config,
    module: moduleOf(config),
    waitsForServices,
    request,
    stop,
    group,
  });
  return exit(await run.execute(), runId, run.service);
}

/** What the other services answer reaches one process only. @throws Error with the remedy */
function refuseRank({ rank, size }: ProcessGroup): never {
  throw new Error(
    `rank ${rank} of ${size}: PPO that shares its work with other services trains on one rank. ` +
      'Set ranks: 1 for its trainer, or run "openchat ppo" in each pod (docs/devices.md)',
  );
}

/** Writes the termination message, and ends the process. */
export async function exit(end: OneRunEnd, runId?: string, service?: RunningService): Promise<never> {
  const logger: Logger | undefined = service?.app.get(LOGGER);
  const { exitCode, ...facts } = end;
  if (logger) logger.info({ runId, exitCode, ...facts }, 'The run has ended');
  else if (end.error) printFailure(end.error.message);
  try {
    writeTerminationMessage(runId, end);
  } catch (err) {
    logger?.warn({ err, runId }, 'The termination message cannot be written');
  }
  // Without a service there is no connection to close, and after a late end there is no time.
  if (service) await Promise.race([service.stop().catch(() => undefined), sleep(CLOSE_MS)]);
  process.exit(exitCode);
}
