import { exitCodes } from '../exit-codes';
import { isServiceRun, runThroughServices } from '../platform/run-through-services';
import { printDryRun } from './dry-run';
import { execute } from './execute';
import { finish } from './finish';
import type { PlannedRun } from './load-pipeline';
import type { TrainingOptions } from './training-options';

/** What `run`, `sft`, `reward` and `ppo` do once the configuration is known. @returns the exit code */
export async function trainAndReport(run: PlannedRun, options: TrainingOptions): Promise<number> {
  if (options.dryRun) {
    await printDryRun(run, options.json ?? false);
    return exitCodes.ok;
  }
  const carryOut = isServiceRun(run.folder) ? runThroughServices : execute;
  const outcome = await carryOut(run, options);
  if ('exitCode' in outcome) return outcome.exitCode;
  finish(outcome, options.json ?? false);
  return exitCodes.ok;
}
