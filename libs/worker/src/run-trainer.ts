import type { DynamicModule } from '@nestjs/common';
import { type AlgorithmName, descriptorOf } from '@open-chatgpt/pipeline';
import type { ProcessGroup } from '@open-chatgpt/runtime';
import {
  loadConfig,
  runMain,
  runService,
  type ServiceConfig,
  type ServiceParts,
  serviceConfigSchema,
} from '@open-chatgpt/service';
import type { z } from 'zod';
import { type OneRunConfig, oneRunFields } from './one-run/one-run-config';
import { failed } from './one-run/one-run-end';
import { exit, runOnce } from './one-run/run-once';
import { parseTrainerArguments, type TrainerCommand, trainerHelp } from './one-run/trainer-arguments';
import { ranksOfRun } from './ranks/ranks-of-run';
import { TrainerModule, trainerGroups } from './trainer.module';

/**
 * The whole program of a service that executes the plain loop of one algorithm.
 * @param group the ranks that execute one run together; those that the variables name by default
 */
export function runTrainer(algorithm: AlgorithmName, group: () => ProcessGroup | null = ranksOfRun): void {
  const module = TrainerModule.forAlgorithm(algorithm);
  runTrainerProgram(algorithm, serviceConfigSchema, {
    partsOf: () => ({ module, groups: trainerGroups(algorithm) }),
    moduleOfRun: () => module,
    waitsForServices: false,
    group,
  });
}

export interface TrainerProgram<Config> {
  /** Of the service that executes what the bus requests. */
  partsOf: (config: Config) => ServiceParts;
  /** Of a process that executes one run. Provides the `StageWorker`. */
  moduleOfRun: (config: Config) => DynamicModule;
  /** Whether the loop waits for the bus and the store in every step. */
  waitsForServices: boolean;
  group?: () => ProcessGroup | null;
}

/**
 * The program of a service that trains. Without arguments it executes the runs that the bus requests, until a signal; with
 * `run --request FILE` it executes one run and exits.
 * @param schema of its configuration
 */
export function runTrainerProgram<Shape extends (typeof serviceConfigSchema)['shape']>(
  algorithm: AlgorithmName,
  schema: z.ZodObject<Shape>,
  {
    partsOf,
    moduleOfRun,
    waitsForServices,
    group = ranksOfRun,
  }: TrainerProgram<z.output<z.ZodObject<Shape>>>,
): void {
  const { service } = descriptorOf(algorithm);
  let command: TrainerCommand;
  try {
    command = parseTrainerArguments(process.argv.slice(2));
  } catch (error) {
    void exit(failed('InvalidArguments', `${service}: ${(error as Error).message}`));
    return;
  }
  if (command.name === 'help') process.stdout.write(trainerHelp(service));
  else if (command.name === 'serve') runService(service, schema, partsOf);
  else {
    const { file } = command;
    const runSchema = schema.extend(oneRunFields);
    void runMain(() =>
      runOnce(
        {
          algorithm,
          loadConfig: () =>
            loadConfig(runSchema) as z.output<z.ZodObject<Shape>> & ServiceConfig & OneRunConfig,
          moduleOf: moduleOfRun,
          waitsForServices,
          group,
        },
        file,
      ),
    );
  }
}
