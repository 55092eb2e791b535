import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Endpoint } from '../api/endpoint';
import { pageFrom, pageOf, pageQuery } from '../api/pagination';
import { apiSchemas } from '../api/schemas';
import { validated } from '../api/validation';
import { checkpointSchema } from './checkpoint';
import { CheckpointsService } from './checkpoints.service';

const listQuery = pageQuery.extend({
  runId: z.string().optional(),
  gone: z.stringbool().default(false).describe('include checkpoints whose files were removed'),
});
const checkpointPage = pageOf(checkpointSchema).register(apiSchemas, { id: 'CheckpointPage' });

@ApiTags('models')
@Controller('v1/checkpoints')
export class CheckpointsController {
  constructor(private readonly checkpoints: CheckpointsService) {}

  @Get()
  @Endpoint({
    summary: 'Checkpoints of all runs',
    scope: 'read',
    query: listQuery,
    response: checkpointPage,
  })
  async list(
    @Query(validated(listQuery, 'query')) query: z.output<typeof listQuery>,
  ): Promise<z.output<typeof checkpointPage>> {
    const all = await this.checkpoints.all();
    const wanted = all.filter(
      ({ runId, gone }) => (!query.runId || runId === query.runId) && (query.gone || !gone),
    );
    return pageFrom(wanted, query, ({ checkpointId }) => checkpointId);
  }

  @Get(':id')
  @Endpoint({ summary: 'One checkpoint', scope: 'read', response: checkpointSchema, errors: [404] })
  get(@Param('id') id: string): Promise<z.output<typeof checkpointSchema>> {
    return this.checkpoints.get(id);
  }
}
