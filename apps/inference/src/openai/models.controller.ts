import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ModelsService } from '../models/models.service';
import type { Served } from '../models/served';
import { AdminEndpoint, Endpoint } from './api';

/** https://platform.openai.com/docs/api-reference/models */
@ApiTags('OpenAI')
@Controller('v1/models')
export class ModelsController {
  constructor(private readonly models: ModelsService) {}

  /** The models that are loaded, and those that a request would load. */
  @Get()
  @Endpoint('The models')
  list() {
    const listed = this.models.all().filter((served) => served.current || this.models.onDemand);
    return { object: 'list', data: listed.map((served) => this.describe(served)) };
  }

  @Get(':name')
  @Endpoint('A model')
  get(@Param('name') name: string) {
    const served = this.models.get(name);
    if (!this.models.onDemand) served.requireAny();
    return this.describe(served);
  }

  /** The model is loaded later: until then, requests get the current one. */
  @Post(':name/rollback')
  @HttpCode(202)
  @AdminEndpoint('Put back the model before')
  async rollBack(@Param('name') name: string) {
    return { id: name, root: await this.models.rollBack(name) };
  }

  private describe(served: Served) {
    const { current, name } = served;
    return {
      id: name,
      object: 'model',
      created: current?.created ?? 0,
      owned_by: 'open-chatgpt',
      root: current?.version ?? null,
      parent: served.parent,
      max_model_len: current?.maxLength ?? null,
      state: this.models.stateOf(served),
    };
  }
}
