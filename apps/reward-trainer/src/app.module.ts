import { Module } from '@nestjs/common';
import { stageWorkerProvider } from '@open-chatgpt/stage-worker';
import { RewardConsumer } from './reward.consumer';
import { RewardService } from './reward.service';

@Module({ controllers: [RewardConsumer], providers: [stageWorkerProvider('reward'), RewardService] })
export class RewardModule {}
