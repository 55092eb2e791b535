import { join, resolve } from 'node:path';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { checkEngine } from '@open-chatgpt/generation';
import {
  AccessModule,
  CONFIG,
  checkWritable,
  LOGGER,
  type Logger,
  OBJECT_STORE,
} from '@open-chatgpt/service';
import type { ObjectStore } from '@open-chatgpt/storage';
import { MessagesController } from './anthropic/messages.controller';
import type { InferenceConfig } from './config/inference-config';
import { needsPlatform } from './config/model-source';
import { ActiveRequests } from './generation/active-requests';
import { GenerationService } from './generation/generation.service';
import { InferenceMetrics } from './generation/inference-metrics';
import { PoolingService } from './generation/pooling.service';
import { STORE } from './models/adapter-sources';
import { ModelFetcher } from './models/model-fetcher';
import { ModelGauges } from './models/model-gauges';
import { ModelsConsumer } from './models/models.consumer';
import { ModelsService } from './models/models.service';
import { AdaptersController } from './openai/adapters.controller';
import { ChatController } from './openai/chat.controller';
import { ChatService } from './openai/chat.service';
import { CompletionsController } from './openai/completions.controller';
import { EmbeddingsController } from './openai/embeddings.controller';
import { ModelsController } from './openai/models.controller';
import { OpenAiErrorFilter } from './openai/openai-error.filter';
import { ScoreController } from './openai/score.controller';
import { StatusController } from './openai/status.controller';
import { TokenizeController } from './openai/tokenize.controller';
import { ChatPageController } from './page/chat-page.controller';
import { ResponsesController } from './responses/responses.controller';
import { ResponsesService } from './responses/responses.service';

@Module({})
export class InferenceModule {
  /** With models of this machine only, the service needs no platform. */
  static forRoot(config: InferenceConfig): DynamicModule {
    const platform = usesPlatform(config);
    return {
      module: InferenceModule,
      imports: [AccessModule],
      controllers: [
        ChatController,
        ChatPageController,
        MessagesController,
        ResponsesController,
        CompletionsController,
        EmbeddingsController,
        ModelsController,
        ScoreController,
        StatusController,
        TokenizeController,
        ...(config.inferenceAdaptersFrom.length > 0 ? [AdaptersController] : []),
        ...(platform ? [ModelsConsumer] : []),
      ],
      providers: [
        {
          provide: ModelFetcher,
          inject: [CONFIG, ...(platform ? [OBJECT_STORE] : [])],
          useFactory: ({ workDir }: InferenceConfig, store: ObjectStore | null = null) => {
            checkEngine();
            if (store) checkWritable('workDir', workDir);
            return new ModelFetcher(store, join(resolve(workDir), 'cache'));
          },
        },
        ModelsService,
        ModelGauges,
        ActiveRequests,
        ChatService,
        ResponsesService,
        GenerationService,
        PoolingService,
        InferenceMetrics,
        {
          provide: APP_FILTER,
          inject: [LOGGER],
          useFactory: (logger: Logger) => new OpenAiErrorFilter(logger),
        },
      ],
    };
  }
}

/** Whether a model comes from the object store or follows events. */
export function usesPlatform(config: InferenceConfig): boolean {
  const { inferenceModels, inferenceAdapters, inferenceAdaptersFrom } = config;
  if (inferenceAdaptersFrom.includes(STORE)) return true;
  return [...inferenceModels, ...inferenceAdapters].some(({ source }) => needsPlatform(source));
}
