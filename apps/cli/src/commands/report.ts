import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { MOST_OVERLAID, type RecordedRun, readRun, renderOverlay, renderReport } from '@open-chatgpt/runs';
import { Command } from 'commander';
import writeFileAtomic from 'write-file-atomic';
import { UsageError } from '../exit-codes';
import { shownPath } from '../terminal/invocation';
import { print, printJson } from '../terminal/print';
import { jsonOption } from '../training/training-options';

interface ReportOptions {
  out?: string;
  json?: boolean;
}

const examples = `
Examples:
  $ openchat report runs/first                  writes runs/first/report.html again, also while the run goes on
  $ openchat report runs/first runs/second      lays two runs over each other: runs/first-and-second.html

Several runs on one page share their charts; below are their figures, the settings that differ, and their answers to the same prompts.`;

export function reportCommand(): Command {
  return new Command('report')
    .description('write the report of a run again, or lay several runs over each other')
    .argument('<run...>', 'folders of runs')
    .option('-o, --out <file>', 'HTML file to write')
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(writeReport);
}

function writeReport(folders: string[], { out, json }: ReportOptions): void {
  if (folders.length > MOST_OVERLAID)
    throw new UsageError(`give at most ${MOST_OVERLAID} runs: a chart shows no more curves clearly`);
  const runs = folders.map((folder) => openRun(folder));
  const file = resolve(out ?? defaultFile(folders));
  if (!existsSync(dirname(file))) throw new UsageError(`--out ${file}: the folder does not exist; create it`);
  const [{ report, events }] = runs;
  writeFileAtomic.sync(
    file,
    runs.length === 1
      ? renderReport(report, events)
      : renderOverlay(runs.map((run, i) => ({ ...run, label: labelOf(folders, i) }))),
  );
  if (json) printJson({ type: 'report', html: file, runs: runs.map((run) => run.report) });
  else print(`Report: ${shownPath(file)}`);
}

function openRun(folder: string): RecordedRun {
  if (!existsSync(join(folder, 'metrics.jsonl')))
    throw new UsageError(`${folder}: the folder holds no run (no metrics.jsonl)`);
  return readRun(folder);
}

function defaultFile(folders: readonly string[]): string {
  if (folders.length === 1) return join(folders[0], 'report.html');
  const name = folders.map((folder) => basename(resolve(folder))).join('-and-');
  return join(dirname(resolve(folders[0])), `${name}.html`);
}

/** The name of the folder, or its path where another run has the same name. */
function labelOf(folders: readonly string[], index: number): string {
  const names = folders.map((folder) => basename(resolve(folder)));
  const twice = names.filter((name) => name === names[index]).length > 1;
  return twice ? shownPath(resolve(folders[index])) : names[index];
}
