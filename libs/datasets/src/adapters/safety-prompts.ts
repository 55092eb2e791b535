import { isRow, notEmpty, type Row, RowDropped, textOf } from '../reading/row';
import type { Adapter } from './adapter';

/**
 * Safety-Prompts: one object keyed by the type of risk, `{Insult: [{prompt, response, type}], …}`, which the parser splits into rows, or
 * the rows alone.
 */
export const safetyPrompts: Adapter = {
  name: 'safety-prompts',
  detect: (row) =>
    isScenario(row) || Object.values(row).some((list) => Array.isArray(list) && list.some(isScenario)),
  supervised: (row) =>
    scenarios(row).map((scenario) => ({
      messages: [
        { role: 'user', content: notEmpty(textOf(scenario, 'prompt'), 'emptyPrompt') },
        { role: 'assistant', content: notEmpty(textOf(scenario, 'response'), 'emptyOutput') },
      ],
    })),
};

function isScenario(value: unknown): boolean {
  return isRow(value) && 'prompt' in value && 'response' in value && 'type' in value;
}

function scenarios(row: Row): Row[] {
  if ('prompt' in row) return [row];
  const found = Object.values(row).filter(Array.isArray).flat();
  if (found.length === 0 || !found.every(isRow)) throw new RowDropped('missing:prompt');
  return found;
}
