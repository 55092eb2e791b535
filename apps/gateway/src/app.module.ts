import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { LOGGER, type Logger, OBJECT_STORE } from '@open-chatgpt/service';
import type { ObjectStore } from '@open-chatgpt/storage';
import { PipelineFeed } from './pipelines/pipeline-feed';
import { PipelineStore } from './pipelines/pipeline-store';
import { PipelinesConsumer } from './pipelines/pipelines.consumer';
import { PipelinesController } from './pipelines/pipelines.controller';
import { PipelinesService } from './pipelines/pipelines.service';
import { ProblemFilter } from './problem.filter';

@Module({
  controllers: [PipelinesController, PipelinesConsumer],
  providers: [
    {
      provide: PipelineStore,
      inject: [OBJECT_STORE],
      useFactory: (store: ObjectStore) => new PipelineStore(store),
    },
    PipelineFeed,
    PipelinesService,
    { provide: APP_FILTER, inject: [LOGGER], useFactory: (logger: Logger) => new ProblemFilter(logger) },
  ],
})
export class GatewayModule {}
