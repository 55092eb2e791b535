import { Injectable } from '@nestjs/common';
import { filter, map, merge, Observable, of, Subject, takeWhile } from 'rxjs';
import type { Pipeline, RunNews } from './pipeline';

export interface ServerSentEvent {
  type: string;
  data: object;
}

/** Passes on what workers tell of a pipeline to those who watch it. */
@Injectable()
export class PipelineFeed {
  private readonly news = new Subject<RunNews>();

  tell(news: RunNews): void {
    this.news.next(news);
  }

  /** First the pipeline as it is, then each event of its runs; ends with the pipeline. */
  of(pipeline: Pipeline): Observable<ServerSentEvent> {
    const now = of({ type: 'pipeline', data: pipeline as object });
    if (pipeline.status !== 'running') return now;
    const last = pipeline.stages.at(-1)?.runId;
    const later = this.news.pipe(
      filter(({ data }) => data.pipelineId === pipeline.pipelineId),
      takeWhile((news) => !endsPipeline(news, last), true),
      map(({ type, data }) => ({ type, data: data as object })),
    );
    return merge(now, later);
  }
}

function endsPipeline({ type, data }: RunNews, lastRun: string | undefined): boolean {
  return (
    type === 'run.failed' || type === 'run.cancelled' || (type === 'run.completed' && data.runId === lastRun)
  );
}
