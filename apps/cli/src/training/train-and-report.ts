import { exitCodes } from '../exit-codes';
import { isServiceRun, runThroughServices } from '../platform/run-through-services';
import { printDryRun } from './dry-run';
import { execute } from './execute';
import { finish } from './finish';
import type { PlannedRun } from './load-pipeline';
import type { TrainingOptions } from './training-options';

/** Trains what is planned, in the way that the run in the folder began, and reports it. @returns the exit code */
export async function trainAndReport(run: PlannedRun, options: TrainingOptions): Promise<number> {
  if (options.dryRun) {
    await printDryRun(run, options.json ?? false);
    return exitCodes.ok;
  }
  const runner = isServiceRun(run.folder) ? runThroughServices : execute;
  const result = await runner(run, options);
  if ('exitCode' in result) return result.exitCode;
  finish(result, options.json ?? false);
  return exitCodes.ok;
}
