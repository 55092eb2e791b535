import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunReport, reportSchema } from '@open-chatgpt/runs';
import { UsageError } from '../exit-codes';
import { invocation, shownPath } from '../terminal/invocation';

/** The command that resumes the run in a folder. */
export function resumeCommand(path: string): string {
  return `${invocation()} run ${shownPath(path)} --resume`;
}

/** @throws UsageError when a run would overwrite another, or there is none to resume */
export function checkFolder(path: string, resume: boolean): void {
  const holdsRun = existsSync(join(path, 'metrics.jsonl'));
  if (holdsRun && !resume) {
    throw new UsageError(
      `${shownPath(path)} already holds a run; resume it (${resumeCommand(path)}), choose another folder with --out, or delete it`,
    );
  }
  if (!holdsRun && resume) {
    throw new UsageError(`${shownPath(path)} holds no run to resume; leave --resume out to start one there`);
  }
}

/**
 * What a run has reported; null before it has ended.
 * @throws Error when the report is of another version of this program
 */
export function readReport(path: string): RunReport | null {
  const file = join(path, 'report.json');
  if (!existsSync(file)) return null;
  const report = reportSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (report.success) return report.data;
  throw new Error(
    `${shownPath(file)}: the report was written by another version of openchat; delete it, and resume the run to write it again`,
  );
}
