import {
  loadConfig,
  PlatformModule,
  runMain,
  serviceConfigSchema,
  startService,
} from '@open-chatgpt/service';
import { RewardModule } from './app.module';
import { rewardGroups } from './reward.consumer';

void runMain(() => {
  const config = loadConfig(serviceConfigSchema);
  const modules = [PlatformModule.forRoot('reward-trainer', config), RewardModule];
  return startService('reward-trainer', config, modules, rewardGroups);
});
