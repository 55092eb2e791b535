import { loadConfig, PlatformModule, serviceConfigSchema, startService } from '@open-chatgpt/service';
import { DataIngestionModule } from './app.module';
import { dataIngestionGroups } from './dataset.consumer';

const config = loadConfig(serviceConfigSchema);
const modules = [PlatformModule.forRoot('data-ingestion', config), DataIngestionModule];
startService('data-ingestion', config, modules, dataIngestionGroups).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
