import { startTrainer } from '@open-chatgpt/worker/start-trainer';

startTrainer(async () => (await import('./run-actor.js')).runActor());
