export { PpoCriticModule, ppoCriticGroups } from './app.module';
export { ppoCriticConfigSchema } from './ppo-critic.config';
