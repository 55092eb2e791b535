import { runTrainer } from '@open-chatgpt/worker';

runTrainer('reward');
