import { runTrainer } from '@open-chatgpt/worker';

runTrainer('dpo');
