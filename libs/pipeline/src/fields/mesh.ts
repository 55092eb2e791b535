import { z } from 'zod';
import { strict } from './parse';

const MOST_DEVICES = 65_536;
const axis = (description: string) =>
  z.int().min(1).max(MOST_DEVICES).nullable().default(null).describe(description);

const offloadField = (description: string) => z.enum(['none', 'cpu']).default('none').describe(description);

/** What stays in the memory of the host, with the names and values of DeepSpeed. */
export const offloadFields = {
  offloadOptimizer: offloadField(
    'cpu keeps the moments of AdamW in the memory of the host; needs a device of XLA',
  ),
  offloadParam: offloadField(
    'cpu keeps the weights in the memory of the host; needs a device of XLA and gradientCheckpointing',
  ),
};

/** How a model lies on several devices. */
export const meshField = strict({
  preset: z
    .enum(['ddp', 'zero1', 'zero2', 'zero3'])
    .default('zero3')
    .describe('what the axis fsdp divides: nothing, moments, also gradients, also weights'),
  data: axis('devices that divide the rows of a batch'),
  fsdp: axis('devices that divide rows, and what the preset names; without any axis, all devices'),
  tensor: axis('devices that divide the heads and the width of each layer'),
})
  .nullable()
  .default(null)
  .describe(
    'divide the model over the devices of OPEN_CHATGPT_DEVICE, such as {preset: zero3}; null uses one',
  );
