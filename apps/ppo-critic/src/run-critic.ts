import { runService } from '@open-chatgpt/service';
import { PpoCriticModule, ppoCriticGroups } from './app.module';
import { ppoCriticConfigSchema } from './ppo-critic.config';

export function runCritic(): void {
  runService('ppo-critic', ppoCriticConfigSchema, ({ role, runId }) => ({
    module: PpoCriticModule.forRole(role),
    groups: ppoCriticGroups({ role, runId }),
  }));
}
