import { startProgram } from '@open-chatgpt/service/start-program';

startProgram(async () => (await import('@open-chatgpt/worker')).runTrainer('reward'));
