import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { ServedText } from '../models/loaded-model';
import { ModelsService } from '../models/models.service';
import { Endpoint } from './api';

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
