import type { ModelKind } from '@open-chatgpt/pipeline';
import { invocation } from '../terminal/invocation';

/** A model that a run has made, as commands name it. */
export interface MadeModel {
  /** For `--model`. */
  source: string;
  kind: ModelKind;
  /** For a folder that it is exported to. */
  name: string;
  /** Variables that the commands need, such as `OPEN_CHATGPT_STORE=/store`. */
  variables?: string;
}

/** What a person does with a model, as commands to copy. */
export function nextCommands(
  { source, kind, name, variables }: MadeModel,
  more: readonly string[] = [],
): string {
  const openchat = variables === undefined ? invocation() : `${variables} ${invocation()}`;
  const commands =
    kind === 'language-model'
      ? [`chat --model ${source}`, `model export ${source} --to models/${name}`]
      : [`score --model ${source} --prompt "What is the opposite of big?" --answer "small"`];
  return ['Try next:', ...[...commands, ...more].map((command) => `  ${openchat} ${command}`)].join('\n');
}
