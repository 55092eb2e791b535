import { Module } from '@nestjs/common';
import { stageWorkerProvider } from '@open-chatgpt/stage-worker';
import { SftConsumer } from './sft.consumer';
import { SftService } from './sft.service';

@Module({ controllers: [SftConsumer], providers: [stageWorkerProvider('sft'), SftService] })
export class SftModule {}
