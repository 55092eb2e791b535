import { exitCodes } from '../exit-codes';
import { isServiceRun, runThroughServices } from '../platform/run-through-services';
import { print } from '../terminal/print';
import { printDryRun } from './dry-run';
import { execute } from './execute';
import { finish, madeModel } from './finish';
import type { PlannedRun } from './load-pipeline';
import { nextCommands } from './next-commands';
import type { TrainingOptions } from './training-options';

/** Trains what is planned, in the way that the run in the folder began, and reports it. @returns the exit code */
export async function trainAndReport(run: PlannedRun, options: TrainingOptions): Promise<number> {
  const { dryRun = false, json = false } = options;
  if (dryRun) {
    await printDryRun(run, json);
    return exitCodes.ok;
  }
  const runner = isServiceRun(run.folder) ? runThroughServices : execute;
  const result = await runner(run, options);
  if ('exitCode' in result) return result.exitCode;
  finish(result, json);
  if (!json) print(`\n${nextCommands(madeModel(result))}`);
  return exitCodes.ok;
}
