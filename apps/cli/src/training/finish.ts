import { basename, join } from 'node:path';
import { type AlgorithmName, descriptorOf } from '@open-chatgpt/pipeline';
import type { RunReport } from '@open-chatgpt/runs';
import { shownPath } from '../terminal/invocation';
import { print, printJson } from '../terminal/print';
import type { MadeModel } from './next-commands';
import { summarize } from './summary';

/** A run that has ended, and the folder of its report. */
export interface FinishedRun {
  report: RunReport;
  folder: string;
  /** Where its models are; by default in the folder. */
  models?: string;
}

/** Prints what a run came to and where it lies. */
export function finish({ report, folder, models }: FinishedRun, json: boolean): void {
  const html = join(folder, 'report.html');
  if (json) {
    printJson({ type: 'report', folder, json: join(folder, 'report.json'), html, report });
    return;
  }
  print(
    `\n${summarize(report)}\n\nReport: ${shownPath(html)}\nModels: ${models ?? shownPath(join(folder, 'models'))}`,
  );
}

/** The model that the commands after a run in a folder use: a language model if it made one. */
export function madeModel({ report, folder }: FinishedRun): MadeModel {
  const kinds = report.stages.map(({ algorithm }) => descriptorOf(algorithm as AlgorithmName).makes);
  const kind = kinds.includes('language-model') ? 'language-model' : 'reward-model';
  return { source: shownPath(folder), kind, name: basename(folder) };
}
