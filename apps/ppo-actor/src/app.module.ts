import { Module } from '@nestjs/common';
import { stageWorkerProvider } from '@open-chatgpt/stage-worker';
import { PpoConsumer } from './ppo.consumer';
import { PpoService } from './ppo.service';

@Module({ controllers: [PpoConsumer], providers: [stageWorkerProvider('ppo'), PpoService] })
export class PpoModule {}
