import { Body, Controller, Header, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CONFIG } from '@open-chatgpt/service';
import type { InferenceConfig } from '../config/inference-config';
import { allowedSource } from '../models/adapter-sources';
import { ModelsService } from '../models/models.service';
import { loadAdapterSchema, unloadAdapterSchema } from './adapter-requests';
import { AdminEndpoint } from './api';
import { readRequest } from './read-request';

/** vLLM's endpoints for adapters: https://docs.vllm.ai/en/latest/features/lora.html#dynamically-serving-lora-adapters */
@ApiTags('vLLM')
@Controller('v1')
export class AdaptersController {
  constructor(
    @Inject(CONFIG) private readonly config: InferenceConfig,
    private readonly models: ModelsService,
  ) {}

  @Post('load_lora_adapter')
  @HttpCode(200)
  @Header('content-type', 'text/plain')
  @AdminEndpoint('Add an adapter', loadAdapterSchema)
  async load(@Body() body: unknown): Promise<string> {
    const { lora_name: name, lora_path: path, base_model_name: base } = readRequest(loadAdapterSchema, body);
    const source = await allowedSource(path, this.config);
    await this.models.addAdapter({ name, base, source, template: 'model' });
    return `Success: LoRA adapter '${name}' added successfully.`;
  }

  @Post('unload_lora_adapter')
  @HttpCode(200)
  @Header('content-type', 'text/plain')
  @AdminEndpoint('Remove an adapter', unloadAdapterSchema)
  async unload(@Body() body: unknown): Promise<string> {
    const { lora_name: name } = readRequest(unloadAdapterSchema, body);
    this.models.removeAdapter(name);
    return `Success: LoRA adapter '${name}' removed successfully.`;
  }
}
