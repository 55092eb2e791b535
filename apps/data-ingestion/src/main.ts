import { runService, serviceConfigSchema } from '@open-chatgpt/service';
import { DataIngestionModule } from './app.module';
import { dataIngestionGroups } from './dataset.consumer';

runService('data-ingestion', serviceConfigSchema, () => ({
  module: DataIngestionModule,
  groups: dataIngestionGroups,
}));
