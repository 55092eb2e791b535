import { loadConfig, PlatformModule, serviceConfigSchema, startService } from '@open-chatgpt/service';
import { SftModule } from './app.module';
import { sftGroups } from './sft.consumer';

const config = loadConfig(serviceConfigSchema);
const modules = [PlatformModule.forRoot('sft-trainer', config), SftModule];
startService('sft-trainer', config, modules, sftGroups).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
