import { loadConfig, PlatformModule, serviceConfigSchema, startService } from '@open-chatgpt/service';
import { RewardModule } from './app.module';
import { rewardGroups } from './reward.consumer';

const config = loadConfig(serviceConfigSchema);
const modules = [PlatformModule.forRoot('reward-trainer', config), RewardModule];
startService('reward-trainer', config, modules, rewardGroups).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
