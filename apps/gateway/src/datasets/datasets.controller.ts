import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Endpoint } from '../api/endpoint';
import { pageFrom, pageOf, pageQuery } from '../api/pagination';
import { apiSchemas } from '../api/schemas';
import { validated } from '../api/validation';
import { DeletionService } from '../deletion/deletion.service';
import { datasetRequest, datasetSchema } from './dataset';
import { DatasetsService } from './datasets.service';

const listQuery = pageQuery.extend({
  status: datasetSchema.shape.status.optional(),
  kind: datasetSchema.shape.kind,
});
const datasetPage = pageOf(datasetSchema).register(apiSchemas, { id: 'DatasetPage' });

@ApiTags('datasets')
@Controller('v1/datasets')
export class DatasetsController {
  constructor(
    private readonly datasets: DatasetsService,
    private readonly deletion: DeletionService,
  ) {}

  @Post()
  @Endpoint({
    summary: 'Ingest a dataset: read, clean and store it',
    scope: 'submit',
    status: 202,
    body: datasetRequest,
    response: datasetSchema,
    errors: [400, 409, 413, 415],
  })
  request(
    @Body(validated(datasetRequest)) body: z.output<typeof datasetRequest>,
  ): Promise<z.output<typeof datasetSchema>> {
    return this.datasets.request(body);
  }

  @Get()
  @Endpoint({ summary: 'All datasets', scope: 'read', query: listQuery, response: datasetPage })
  async list(
    @Query(validated(listQuery, 'query')) query: z.output<typeof listQuery>,
  ): Promise<z.output<typeof datasetPage>> {
    const datasets = (await this.datasets.all()).filter(
      ({ status, kind }) =>
        (query.status ? status === query.status : status !== 'deleted') &&
        (!query.kind || kind === query.kind),
    );
    return pageFrom(datasets, query, ({ datasetId }) => datasetId);
  }

  @Get(':id')
  @Endpoint({
    summary: 'One dataset, with its status and the reasons for dropped rows',
    scope: 'read',
    response: datasetSchema,
    errors: [404],
  })
  get(@Param('id') id: string): Promise<z.output<typeof datasetSchema>> {
    return this.datasets.get(id);
  }

  @Delete(':id')
  @Endpoint({
    summary:
      'Delete a dataset; the next garbage collection removes its files, and the lineage of models keeps it',
    scope: 'submit',
    response: datasetSchema,
    errors: [404, 409],
  })
  remove(@Param('id') id: string): Promise<z.output<typeof datasetSchema>> {
    return this.deletion.deleteDataset(id);
  }
}
