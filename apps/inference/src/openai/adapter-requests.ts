import { z } from 'zod';
import { MODEL_NAME } from '../config/inference-config';
import { apiSchemas } from './api';

const name = z.string().regex(MODEL_NAME, 'has letters, digits, ".", "_" and "-"');

export const loadAdapterSchema = z
  .object({
    lora_name: name.describe('what requests name it'),
    lora_path: z.string().min(1).describe('a folder or store:<id>; only of allowed places'),
    base_model_name: name.optional().describe('the model that it changes; by default the only one'),
  })
  .register(apiSchemas, { id: 'LoadAdapterRequest' });

export const unloadAdapterSchema = z
  .object({ lora_name: name, lora_int_id: z.int().optional().describe('is ignored') })
  .register(apiSchemas, { id: 'UnloadAdapterRequest' });
