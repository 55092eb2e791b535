import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Endpoint } from '../api/endpoint';
import { pageFrom, pageOf, pageQuery } from '../api/pagination';
import { apiSchemas } from '../api/schemas';
import { validated } from '../api/validation';
import { DeletionService } from '../deletion/deletion.service';
import { lineageSchema } from './lineage';
import { modelImport, modelSchema } from './model';
import { ModelImports } from './model-imports.service';
import { ModelsService } from './models.service';

const listQuery = pageQuery.extend({
  kind: modelSchema.shape.kind.optional(),
  deleted: z.stringbool().default(false).describe('include deleted models'),
});
const modelPage = pageOf(modelSchema).register(apiSchemas, { id: 'ModelPage' });

@ApiTags('models')
@Controller('v1/models')
export class ModelsController {
  constructor(
    private readonly models: ModelsService,
    private readonly imports: ModelImports,
    private readonly deletion: DeletionService,
  ) {}

  @Post()
  @Endpoint({
    summary: 'Register a model that openchat model import has written to the store',
    scope: 'submit',
    status: 201,
    body: modelImport,
    response: modelSchema,
    errors: [400, 409, 413, 415],
  })
  import(
    @Body(validated(modelImport)) body: z.output<typeof modelImport>,
  ): Promise<z.output<typeof modelSchema>> {
    return this.imports.import(body);
  }

  @Get()
  @Endpoint({ summary: 'All models', scope: 'read', query: listQuery, response: modelPage })
  async list(
    @Query(validated(listQuery, 'query')) query: z.output<typeof listQuery>,
  ): Promise<z.output<typeof modelPage>> {
    const models = await this.models.all();
    const wanted = models.filter(
      ({ kind, deletedAt }) => (!query.kind || kind === query.kind) && (query.deleted || !deletedAt),
    );
    return pageFrom(wanted, query, ({ modelId }) => modelId);
  }

  @Get(':id')
  @Endpoint({ summary: 'One model', scope: 'read', response: modelSchema, errors: [404] })
  get(@Param('id') id: string): Promise<z.output<typeof modelSchema>> {
    return this.models.get(id);
  }

  @Delete(':id')
  @Endpoint({
    summary: 'Delete a model; the next garbage collection removes its files, and lineages keep it',
    scope: 'submit',
    response: modelSchema,
    errors: [404, 409],
  })
  remove(@Param('id') id: string): Promise<z.output<typeof modelSchema>> {
    return this.deletion.deleteModel(id);
  }

  @Get(':id/lineage')
  @Endpoint({
    summary: 'The lineage of a model: its run, checkpoint and datasets, and those of its parents',
    scope: 'read',
    response: lineageSchema,
    errors: [404],
  })
  lineage(@Param('id') id: string): Promise<z.output<typeof lineageSchema>> {
    return this.models.lineage(id);
  }
}
