import {
  loadConfig,
  PlatformModule,
  runMain,
  serviceConfigSchema,
  startService,
} from '@open-chatgpt/service';
import { SftModule } from './app.module';
import { sftGroups } from './sft.consumer';

void runMain(() => {
  const config = loadConfig(serviceConfigSchema);
  const modules = [PlatformModule.forRoot('sft-trainer', config), SftModule];
  return startService('sft-trainer', config, modules, sftGroups);
});
