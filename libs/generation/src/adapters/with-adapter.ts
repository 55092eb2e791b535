import type { Adapter } from '@open-chatgpt/models';
import type { Generator } from '../generator';

/** What generates answers: a model, or one with an adapter. */
export type Answering = Pick<Generator, 'model' | 'generate' | 'speculationCounts'>;

/** The same generator with an adapter in every call. Calls share the batch with those of other adapters. */
export function withAdapter(base: Answering, adapter: Adapter): Answering {
  const { model, generate, speculationCounts } = base;
  return { model, speculationCounts, generate: (options) => generate({ ...options, adapter }) };
}
