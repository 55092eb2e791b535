import type { Adapter, DatasetKind } from './adapter';
import { alpaca } from './alpaca';
import { belle } from './belle';
import { dolly } from './dolly';
import { gpteacher } from './gpteacher';
import { gsm8k } from './gsm8k';
import { hhRlhf } from './hh-rlhf';
import { messages } from './messages';
import { oasst } from './oasst';
import { preference } from './preference';
import { selfInstruct } from './self-instruct';
import { sharegpt } from './sharegpt';
import { ultrachat } from './ultrachat';

/** In the order in which detection asks them: the more special before the more general. */
export const ADAPTERS: readonly Adapter[] = [
  hhRlhf,
  preference,
  oasst,
  sharegpt,
  ultrachat,
  messages,
  gsm8k,
  dolly,
  gpteacher,
  selfInstruct,
  belle,
  alpaca,
];

/** Whether the adapter can make examples of that kind: prompts follow from either of the others. */
export function serves(adapter: Adapter, kind: DatasetKind): boolean {
  return adapter[kind] !== undefined || kind === 'prompts';
}
