import { Module } from '@nestjs/common';
import { CONFIG, type ServiceConfig } from '@open-chatgpt/service';
import { DatasetConsumer } from './dataset.consumer';
import { DatasetService } from './dataset.service';
import { permittedResources, RESOURCES } from './permitted-resources';

const resources = {
  provide: RESOURCES,
  inject: [CONFIG],
  useFactory: (config: ServiceConfig) => permittedResources(config),
};

@Module({ controllers: [DatasetConsumer], providers: [resources, DatasetService] })
export class DataIngestionModule {}
