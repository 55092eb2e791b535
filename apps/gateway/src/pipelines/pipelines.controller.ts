import { Body, Controller, Delete, Get, Headers, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { pipelineHasEnded, pipelineSchema, status } from '@open-chatgpt/orchestration';
import { Caller, componentUri } from '@open-chatgpt/service';
import type { Response } from 'express';
import { z } from 'zod';
import { Endpoint } from '../api/endpoint';
import { EventStreams, WatchEndpoint } from '../api/event-streams';
import { pageFrom, pageOf, pageQuery } from '../api/pagination';
import { apiSchemas, PIPELINE_FILE } from '../api/schemas';
import { validated } from '../api/validation';
import { HistoryWatch } from '../runs/history-watch';
import { PipelinesService } from './pipelines.service';

/** Characters that `parsePipeline` reads. */
const LONGEST_PIPELINE = 2 ** 18;

const submission = z
  .strictObject({
    pipeline: z
      .union(
        [
          z.string().max(LONGEST_PIPELINE),
          z.record(z.string(), z.unknown()).meta({ $ref: componentUri(PIPELINE_FILE) }),
        ],
        { error: 'expected the text of a pipeline file, or its fields as JSON' },
      )
      .describe(
        'the text of a pipeline file, or the same as JSON; paths are absolute, builtin:<name>, dataset:<id> or store:<id> (a model)',
      ),
    pipelineId: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'expected letters, digits, ".", "_" and "-", at most 100')
      .optional()
      .describe(
        'chosen by the client, which makes the request idempotent; by default the name with a random suffix',
      ),
  })
  .register(apiSchemas, { id: 'Submission' });

const listQuery = pageQuery.extend({ status: status.optional() });
const pipelinePage = pageOf(pipelineSchema).register(apiSchemas, { id: 'PipelinePage' });

type PipelineResponse = Promise<z.output<typeof pipelineSchema>>;

@ApiTags('pipelines')
@Controller('v1/pipelines')
export class PipelinesController {
  constructor(
    private readonly pipelines: PipelinesService,
    private readonly watches: HistoryWatch,
    private readonly streams: EventStreams,
  ) {}

  @Post()
  @Endpoint({
    summary: 'Submit a pipeline',
    scope: 'submit',
    status: 201,
    body: submission,
    response: pipelineSchema,
    errors: [400, 409, 413, 415],
  })
  submit(
    @Body(validated(submission)) { pipeline, pipelineId }: z.output<typeof submission>,
  ): PipelineResponse {
    return this.pipelines.submit(pipeline, pipelineId);
  }

  @Get()
  @Endpoint({ summary: 'All pipelines', scope: 'read', query: listQuery, response: pipelinePage })
  async list(
    @Query(validated(listQuery, 'query')) query: z.output<typeof listQuery>,
  ): Promise<z.output<typeof pipelinePage>> {
    const pipelines = await this.pipelines.all();
    const wanted = pipelines.filter(({ status }) => !query.status || status === query.status);
    return pageFrom(wanted, query, ({ pipelineId }) => pipelineId);
  }

  @Get(':id')
  @Endpoint({
    summary: 'One pipeline and its state',
    scope: 'read',
    response: pipelineSchema,
    errors: [404],
  })
  get(@Param('id') id: string): PipelineResponse {
    return this.pipelines.get(id);
  }

  @Post(':id/cancel')
  @Endpoint({
    summary: 'Stop at the next step, with a checkpoint',
    scope: 'submit',
    response: pipelineSchema,
    errors: [404, 409],
  })
  cancel(@Param('id') id: string): PipelineResponse {
    return this.pipelines.cancel(id);
  }

  @Post(':id/resume')
  @Endpoint({
    summary: 'Resume from the last checkpoint',
    scope: 'submit',
    response: pipelineSchema,
    errors: [404, 409],
  })
  resume(@Param('id') id: string): PipelineResponse {
    return this.pipelines.resume(id);
  }

  @Delete(':id')
  @Endpoint({
    summary: 'Cancel a pipeline for good, and delete its resource in the cluster; its history stays',
    scope: 'submit',
    response: pipelineSchema,
    errors: [404],
  })
  remove(@Param('id') id: string): PipelineResponse {
    return this.pipelines.remove(id);
  }

  @WatchEndpoint(
    'Watch: the events of its runs from the first one on, until it ends; the last one is `pipeline`',
  )
  async watch(
    @Param('id') id: string,
    @Headers('last-event-id') after: string | undefined,
    @Caller() caller: string,
    @Res() response: Response,
  ): Promise<void> {
    await this.pipelines.get(id);
    const watched = {
      log: id,
      isWanted: () => true,
      look: async () => {
        const pipeline = await this.pipelines.get(id);
        const end = pipelineHasEnded(pipeline) && { end: { type: 'pipeline', data: pipeline } };
        return { ...end, runs: pipeline.stages };
      },
    };
    await this.streams.send({ after, caller, response }, (position, signal) =>
      this.watches.follow(watched, position, signal),
    );
  }
}
