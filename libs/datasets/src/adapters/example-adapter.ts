import type { PreferenceExample, PromptExample, SupervisedExample, UnpairedExample } from '../examples';
import type { Adapter } from './adapter';

/** For rows that are examples already: generated ones, and records that are read again. Detection ignores it. */
export const exampleAdapter: Adapter = {
  name: 'example',
  detect: () => false,
  supervised: (row) => [row as unknown as SupervisedExample],
  preference: (row) => [row as unknown as PreferenceExample],
  unpaired: (row) => [row as unknown as UnpairedExample],
  prompts: (row) => [row as unknown as PromptExample],
};
