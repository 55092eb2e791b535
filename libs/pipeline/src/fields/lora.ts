import { z } from 'zod';
import { decay, LARGEST } from './fields';
import { strict } from './parse';

/** LoRA (Hu et al. 2021, arXiv:2106.09685) with PEFT's names in camelCase. */
export const loraSchema = strict({
  r: z.int().min(1).max(1024).default(8).describe('rank of the two factors'),
  loraAlpha: z.number().gt(0).max(LARGEST).default(16).describe('the update is scaled by loraAlpha / r'),
  loraDropout: decay(0, 'dropout on the input of the adapter while training'),
  targetModules: z
    .array(z.string().min(1))
    .min(1)
    .default(['q_proj', 'v_proj'])
    .describe("names of the linear layers that get an adapter, or ['all-linear']"),
});

export type LoraSettings = z.output<typeof loraSchema>;

export const loraField = loraSchema
  .nullable()
  .default(null)
  .describe('train low-rank adapters and freeze the base; null trains every weight');
