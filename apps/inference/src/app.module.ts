import { join, resolve } from 'node:path';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { AccessModule, CONFIG, LOGGER, type Logger, OBJECT_STORE } from '@open-chatgpt/service';
import type { ObjectStore } from '@open-chatgpt/storage';
import { AnswersService } from './answering/answers.service';
import { InferenceMetrics } from './answering/inference-metrics';
import type { InferenceConfig } from './config/inference-config';
import { needsPlatform } from './config/model-source';
import { ModelGauges } from './models/model-gauges';
import { ModelLocator } from './models/model-locator';
import { ModelsConsumer } from './models/models.consumer';
import { ModelsService } from './models/models.service';
import { ChatController } from './openai/chat.controller';
import { CompletionsController } from './openai/completions.controller';
import { ModelsController } from './openai/models.controller';
import { OpenAiErrorFilter } from './openai/openai-error.filter';

@Module({})
export class InferenceModule {
  /** Models that lie on this machine need no platform. */
  static forRoot(config: InferenceConfig): DynamicModule {
    const platform = usesPlatform(config);
    return {
      module: InferenceModule,
      imports: [AccessModule],
      controllers: [
        ChatController,
        CompletionsController,
        ModelsController,
        ...(platform ? [ModelsConsumer] : []),
      ],
      providers: [
        {
          provide: ModelLocator,
          inject: [CONFIG, ...(platform ? [OBJECT_STORE] : [])],
          useFactory: ({ workDir }: InferenceConfig, store: ObjectStore | null = null) =>
            new ModelLocator(store, join(resolve(workDir), 'cache')),
        },
        ModelsService,
        ModelGauges,
        AnswersService,
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

/** Whether a model lies in the object store, or is told of by events. */
export function usesPlatform({ inferenceModels }: InferenceConfig): boolean {
  return inferenceModels.some(({ source }) => needsPlatform(source));
}
