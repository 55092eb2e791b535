import { loadConfig, PlatformModule, startService } from '@open-chatgpt/service';
import { PpoCriticModule, ppoCriticGroups } from './app.module';
import { ppoCriticConfigSchema } from './ppo-critic.config';

function start() {
  const config = loadConfig(ppoCriticConfigSchema);
  const modules = [PlatformModule.forRoot('ppo-critic', config), PpoCriticModule.forRole(config.role)];
  return startService('ppo-critic', config, modules, ppoCriticGroups(config.role));
}

start().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
