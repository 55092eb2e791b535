import { loadConfig, PlatformModule, runMain, startService } from '@open-chatgpt/service';
import { PpoCriticModule, ppoCriticGroups } from './app.module';
import { ppoCriticConfigSchema } from './ppo-critic.config';

void runMain(() => {
  const config = loadConfig(ppoCriticConfigSchema);
  const modules = [PlatformModule.forRoot('ppo-critic', config), PpoCriticModule.forRole(config.role)];
  return startService('ppo-critic', config, modules, ppoCriticGroups(config.role));
});
