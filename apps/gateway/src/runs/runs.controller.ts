import { ConflictException, Controller, Get, Headers, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type RunEvent, runHasEnded, runSchema, stage, status, time } from '@open-chatgpt/orchestration';
import { Caller } from '@open-chatgpt/service';
import type { Response } from 'express';
import { z } from 'zod';
import { Endpoint } from '../api/endpoint';
import { EventStreams, WatchEndpoint } from '../api/event-streams';
import { pageFrom, pageOf, pageQuery } from '../api/pagination';
import { apiSchemas } from '../api/schemas';
import { validated } from '../api/validation';
import { PipelineExecutor } from '../execution/pipeline-executor';
import { RunLogs } from '../execution/run-logs';
import { PipelinesService } from '../pipelines/pipelines.service';
import { HistoryWatch } from './history-watch';
import { logOf, RunHistory } from './run-history';
import { RunsService } from './runs.service';

const listQuery = pageQuery.extend({
  status: status.optional(),
  stage: stage.optional(),
  pipelineId: z.string().optional(),
});
const runPage = pageOf(runSchema).register(apiSchemas, { id: 'RunPage' });

const metricsQuery = z.strictObject({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(1000)
    .describe('maximum number of points, the latest ones'),
});
const logsQuery = z.strictObject({
  attempt: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .describe('number of the start of the run; the latest one by default'),
  role: z
    .enum(['trainer', 'rollout', 'critic'])
    .default('trainer')
    .describe('the processes of a PPO run beside its trainer'),
  follow: z.stringbool().default(false).describe('go on until the run has ended'),
  tail: z.coerce.number().int().min(0).max(1_000_000).optional().describe('only the last lines'),
});

const runMetrics = z
  .object({
    points: z.array(
      z.object({
        time,
        phase: z.enum(['training', 'evaluation']),
        step: z.int(),
        metrics: z.record(z.string(), z.number()),
      }),
    ),
  })
  .register(apiSchemas, { id: 'RunMetrics' });

@ApiTags('runs')
@Controller('v1/runs')
export class RunsController {
  constructor(
    private readonly runs: RunsService,
    private readonly history: RunHistory,
    private readonly pipelines: PipelinesService,
    private readonly executor: PipelineExecutor,
    private readonly logs: RunLogs,
    private readonly watches: HistoryWatch,
    private readonly streams: EventStreams,
  ) {}

  @Get()
  @Endpoint({ summary: 'Runs of all pipelines', scope: 'read', query: listQuery, response: runPage })
  async list(
    @Query(validated(listQuery, 'query')) query: z.output<typeof listQuery>,
  ): Promise<z.output<typeof runPage>> {
    const { status, stage, pipelineId } = query;
    const runs = (await this.runs.all()).filter(
      (run) =>
        (!status || run.status === status) &&
        (!stage || run.stage === stage) &&
        (!pipelineId || run.pipelineId === pipelineId),
    );
    return pageFrom(runs, query, ({ runId }) => runId);
  }

  @Get(':id')
  @Endpoint({ summary: 'One run and its state', scope: 'read', response: runSchema, errors: [404] })
  get(@Param('id') id: string): Promise<z.output<typeof runSchema>> {
    return this.runs.get(id);
  }

  @Get(':id/metrics')
  @Endpoint({
    summary: 'The metrics of a run, step by step',
    scope: 'read',
    query: metricsQuery,
    response: runMetrics,
    errors: [404],
  })
  async metrics(
    @Param('id') id: string,
    @Query(validated(metricsQuery, 'query')) { limit }: z.output<typeof metricsQuery>,
  ): Promise<z.output<typeof runMetrics>> {
    const points: z.output<typeof runMetrics>['points'] = [];
    for await (const { time, data } of this.history.progress(await this.runs.get(id))) {
      const { phase, step, metrics } = data;
      if (Object.keys(metrics).length > 0) points.push({ time, phase, step, metrics });
    }
    return { points: points.slice(-limit) };
  }

  @Post(':id/cancel')
  @Endpoint({
    summary: 'Stop at the next step, with a checkpoint; the pipeline of the run is cancelled too',
    scope: 'submit',
    status: 202,
    response: runSchema,
    errors: [404, 409],
  })
  async cancel(@Param('id') id: string): Promise<z.output<typeof runSchema>> {
    const run = await this.runs.get(id);
    if (run.status === 'completed' || run.status === 'failed')
      throw new ConflictException(`the run "${id}" has ended: ${run.status}`);
    if (run.status !== 'cancelled') await this.executor.cancelRun(run);
    return run;
  }

  @Post(':id/resume')
  @Endpoint({
    summary: 'Resume the pipeline of the run from the last checkpoint',
    scope: 'submit',
    status: 202,
    response: runSchema,
    errors: [404, 409],
  })
  async resume(@Param('id') id: string): Promise<z.output<typeof runSchema>> {
    const { pipelineId } = await this.runs.get(id);
    if (pipelineId === undefined)
      throw new ConflictException(
        `the run "${id}" belongs to no pipeline; publish run.requested with a higher generation to resume it`,
      );
    await this.pipelines.resume(pipelineId);
    return this.runs.get(id);
  }

  @Get(':id/logs')
  @Endpoint({
    summary: 'What the pods of the run print; without a cluster, the events of the run',
    scope: 'read',
    query: logsQuery,
    response: z.string().describe('lines'),
    type: 'text/plain',
    errors: [400, 404, 429],
  })
  async readLogs(
    @Param('id') id: string,
    @Query(validated(logsQuery, 'query')) query: z.output<typeof logsQuery>,
    @Caller() caller: string,
    @Res() response: Response,
  ): Promise<void> {
    const run = await this.runs.get(id);
    await this.streams.sendLines({ caller, response }, (signal) => this.logs.read(run, query, signal));
  }

  @WatchEndpoint('Watch: the events of the run from the first one on, until it ends; the last one is `run`')
  async watch(
    @Param('id') id: string,
    @Headers('last-event-id') after: string | undefined,
    @Caller() caller: string,
    @Res() response: Response,
  ): Promise<void> {
    const watched = {
      log: logOf(await this.runs.get(id)),
      isWanted: ({ data }: RunEvent) => data.runId === id,
      look: async () => {
        const run = await this.runs.get(id);
        return { ...(runHasEnded(run) && { end: { type: 'run', data: run } }), runs: [run] };
      },
    };
    await this.streams.send({ after, caller, response }, (position, signal) =>
      this.watches.follow(watched, position, signal),
    );
  }
}
