import { loadConfig, PlatformModule, serviceConfigSchema, startService } from '@open-chatgpt/service';
import { PpoModule } from './app.module';
import { ppoGroups } from './ppo.consumer';

const config = loadConfig(serviceConfigSchema);
const modules = [PlatformModule.forRoot('ppo-actor', config), PpoModule];
startService('ppo-actor', config, modules, ppoGroups).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
