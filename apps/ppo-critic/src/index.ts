export { PpoCriticModule, ppoCriticGroups } from './app.module';
