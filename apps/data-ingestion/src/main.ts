import {
  loadConfig,
  PlatformModule,
  runMain,
  serviceConfigSchema,
  startService,
} from '@open-chatgpt/service';
import { DataIngestionModule } from './app.module';
import { dataIngestionGroups } from './dataset.consumer';

void runMain(() => {
  const config = loadConfig(serviceConfigSchema);
  const modules = [PlatformModule.forRoot('data-ingestion', config), DataIngestionModule];
  return startService('data-ingestion', config, modules, dataIngestionGroups);
});
