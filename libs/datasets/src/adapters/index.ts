import type { Adapter, DatasetKind } from './adapter';
import { alpaca, stanfordAlpaca } from './alpaca';
import { belle, inputTarget } from './belle';
import { dahoas } from './dahoas';
import { dolly } from './dolly';
import { flanCot } from './flan-cot';
import { gpt4Llm } from './gpt-4-llm';
import { gpt4all } from './gpt4all';
import { gpteacher } from './gpteacher';
import { gsm8k } from './gsm8k';
import { guanaco } from './guanaco';
import { hc3 } from './hc3';
import { hhRlhf } from './hh-rlhf';
import { messages } from './messages';
import { naturalInstructions } from './natural-instructions';
import { oasst } from './oasst';
import { preference } from './preference';
import { promptCompletion, promptOnly } from './prompt-completion';
import { safetyPrompts } from './safety-prompts';
import { selfInstruct } from './self-instruct';
import { sharegpt } from './sharegpt';
import { sharegptHtml } from './sharegpt-html';
import { shp } from './shp';
import { syntheticGptj } from './synthetic-gptj';
import { text } from './text';
import { ultrachat } from './ultrachat';
import { ultrafeedback } from './ultrafeedback';
import { unpaired } from './unpaired';
import { webgpt } from './webgpt';
import { yitingxie } from './yitingxie';

/** In the order of detection: the more specific adapters first. */
export const ADAPTERS: readonly Adapter[] = [
  hhRlhf,
  webgpt,
  shp,
  ultrafeedback,
  dahoas,
  yitingxie,
  gpt4Llm,
  preference,
  syntheticGptj,
  oasst,
  sharegptHtml,
  sharegpt,
  ultrachat,
  messages,
  naturalInstructions,
  hc3,
  gsm8k,
  flanCot,
  dolly,
  gpteacher,
  gpt4all,
  safetyPrompts,
  selfInstruct,
  guanaco,
  belle,
  inputTarget,
  stanfordAlpaca,
  alpaca,
  unpaired,
  promptCompletion,
  promptOnly,
  text,
];

/**
 * Whether the adapter makes examples of that kind. Prompts follow from conversations and pairs, unless it says that there are none; single
 * answers with a label follow from pairs.
 */
export function serves(adapter: Adapter, kind: DatasetKind): boolean {
  if (kind === 'unpaired') return adapter.unpaired !== undefined || adapter.preference !== undefined;
  return kind === 'prompts' ? adapter.prompts !== null : adapter[kind] !== undefined;
}
