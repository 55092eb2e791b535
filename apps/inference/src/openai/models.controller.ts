import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { ServedText } from '../models/loaded-model';
import { ModelsService } from '../models/models.service';
import { AdminEndpoint, Endpoint } from './api';

/** https://platform.openai.com/docs/api-reference/models */
@ApiTags('OpenAI')
@Controller('v1/models')
export class ModelsController {
  constructor(private readonly models: ModelsService) {}

  /** The models that are loaded. */
  @Get()
  @Endpoint('The loaded models')
  list() {
    const loaded = this.models.all().flatMap(({ current }) => (current ? [describe(current)] : []));
    return { object: 'list', data: loaded };
  }

  @Get(':name')
  @Endpoint('A model')
  get(@Param('name') name: string) {
    return describe(this.models.get(name).requireAny());
  }

  /** The model is loaded later: until then, requests get the current one. */
  @Post(':name/rollback')
  @HttpCode(202)
  @AdminEndpoint('Put back the model before')
  async rollBack(@Param('name') name: string) {
    return { id: name, root: await this.models.rollBack(name) };
  }
}

function describe({ name, created, version, parent, maxLength }: ServedText) {
  return {
    id: name,
    object: 'model',
    created,
    owned_by: 'open-chatgpt',
    root: version,
    parent,
    max_model_len: maxLength,
  };
}
