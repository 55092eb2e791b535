import { startTrainer } from '@open-chatgpt/worker/start-trainer';

startTrainer(async () => (await import('@open-chatgpt/worker')).runTrainer('reward'));
