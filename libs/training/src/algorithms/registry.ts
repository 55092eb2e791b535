import type { AlgorithmName } from '@open-chatgpt/pipeline';
import type { Algorithm } from './algorithm';
import { dpo } from './dpo/stage';
import { kto } from './kto/stage';
import { ppo } from './ppo/stage';
import { reward } from './reward/stage';
import { sft } from './sft/stage';

/** The code of every algorithm that libs/pipeline describes: one line each. */
export const algorithms: { readonly [Name in AlgorithmName]: Algorithm<Name> } = {
  sft,
  reward,
  ppo,
  dpo,
  kto,
};
