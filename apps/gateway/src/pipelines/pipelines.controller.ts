import { Body, Controller, Get, HttpCode, Param, Post, Sse } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Observable } from 'rxjs';
import { z } from 'zod';
import type { Pipeline } from './pipeline';
import { PipelineFeed, type ServerSentEvent } from './pipeline-feed';
import { PipelinesService } from './pipelines.service';

const submission = z.strictObject({
  pipeline: z.union([z.string().max(1 << 20), z.record(z.string(), z.unknown())]),
  pipelineId: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/)
    .optional(),
});

@ApiTags('pipelines')
@Controller('v1/pipelines')
export class PipelinesController {
  constructor(
    private readonly pipelines: PipelinesService,
    private readonly feed: PipelineFeed,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Submit a pipeline: the text of a pipeline file, or the same as JSON' })
  submit(@Body() body: unknown): Promise<Pipeline> {
    const { pipeline, pipelineId } = submission.parse(body);
    return this.pipelines.submit(
      typeof pipeline === 'string' ? pipeline : JSON.stringify(pipeline),
      pipelineId,
    );
  }

  @Get()
  @ApiOperation({ summary: 'All pipelines' })
  list(): Promise<Pipeline[]> {
    return this.pipelines.list();
  }

  @Get(':id')
  @ApiOperation({ summary: 'One pipeline, and how far it is' })
  get(@Param('id') id: string): Promise<Pipeline> {
    return this.pipelines.get(id);
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @ApiOperation({ summary: 'Stop at the next step, with a checkpoint' })
  cancel(@Param('id') id: string): Promise<Pipeline> {
    return this.pipelines.cancel(id);
  }

  @Post(':id/resume')
  @HttpCode(200)
  @ApiOperation({ summary: 'Go on from the last checkpoint' })
  resume(@Param('id') id: string): Promise<Pipeline> {
    return this.pipelines.resume(id);
  }

  @Sse(':id/events')
  @ApiOperation({ summary: 'Watch a pipeline: its runs’ events as they happen, until it ends' })
  async watch(@Param('id') id: string): Promise<Observable<ServerSentEvent>> {
    return this.feed.of(await this.pipelines.get(id));
  }
}
