import { resolve } from 'node:path';
import type { ModelFiles } from '@open-chatgpt/models';
import { formatCount } from '../terminal/format';
import { shownPath } from '../terminal/invocation';
import { print, printJson } from '../terminal/print';
import { printWarnings } from '../terminal/warn';
import { describeModel } from './describe-model';
import type { TargetOptions } from './model-options';

/** Prints the model that was written. */
export function reportWritten(from: string, files: ModelFiles, { to, dtype, json }: TargetOptions): void {
  const { family, parameters } = describeModel(files);
  printWarnings([...files.warnings, ...(files.tokenizer?.warnings ?? [])]);
  if (json) printJson({ type: 'written', from, to: resolve(to), family, parameters, dtype });
  else print(`${shownPath(resolve(to))}: ${family}, ${formatCount(parameters)} parameters in ${dtype}`);
}
