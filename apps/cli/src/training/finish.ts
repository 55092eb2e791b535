import { join } from 'node:path';
import type { RunReport } from '@open-chatgpt/runs';
import { shownPath } from '../terminal/invocation';
import { print, printJson } from '../terminal/print';
import { summarize } from './summary';

/** Prints what a run came to and where it lies. */
export function finish({ report, folder }: { report: RunReport; folder: string }, json: boolean): void {
  const html = join(folder, 'report.html');
  if (json) {
    printJson({ type: 'report', folder, json: join(folder, 'report.json'), html, report });
    return;
  }
  print(`\n${summarize(report)}\n\nReport: ${shownPath(html)}\nModels: ${shownPath(join(folder, 'models'))}`);
}
