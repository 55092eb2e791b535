import { Controller } from '@nestjs/common';
import type { EventOf } from '@open-chatgpt/events';
import { OnEvent } from '@open-chatgpt/messaging';
import type { ConsumerGroups } from '@open-chatgpt/service';
import type { RunNews } from './pipeline';
import { PipelineFeed } from './pipeline-feed';
import { PipelinesService } from './pipelines.service';

export const gatewayGroups: ConsumerGroups = {
  gateway: ['run.started', 'run.progressed', 'run.completed', 'run.failed', 'run.cancelled'],
};

/** What workers tell of runs: kept with the pipeline, and passed on to those who watch. */
@Controller()
export class PipelinesConsumer {
  constructor(
    private readonly pipelines: PipelinesService,
    private readonly feed: PipelineFeed,
  ) {}

  @OnEvent('run.started')
  started(event: EventOf<'run.started'>): Promise<void> {
    return this.learn(event);
  }

  @OnEvent('run.progressed')
  progressed(event: EventOf<'run.progressed'>): Promise<void> {
    return this.learn(event);
  }

  @OnEvent('run.completed')
  completed(event: EventOf<'run.completed'>): Promise<void> {
    return this.learn(event);
  }

  @OnEvent('run.failed')
  failed(event: EventOf<'run.failed'>): Promise<void> {
    return this.learn(event);
  }

  @OnEvent('run.cancelled')
  cancelled(event: EventOf<'run.cancelled'>): Promise<void> {
    return this.learn(event);
  }

  private async learn(news: RunNews): Promise<void> {
    await this.pipelines.learn(news);
    this.feed.tell(news);
  }
}
