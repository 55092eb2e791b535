import { Injectable } from '@nestjs/common';
import type { Pipeline } from '@open-chatgpt/orchestration';
import type { PipelineConfig } from '@open-chatgpt/pipeline';
import { buildReport, type RecordedEvent, type RunReport, renderReport } from '@open-chatgpt/runs';
import { AlertsService } from '../alerts/alerts.service';
import { PipelinesService } from '../pipelines/pipelines.service';
import { RunHistory } from '../runs/run-history';

/** Makes the report of a pipeline from its history, on whichever machines its stages ran. */
@Injectable()
export class ReportsService {
  constructor(
    private readonly pipelines: PipelinesService,
    private readonly history: RunHistory,
    private readonly alerts: AlertsService,
  ) {}

  /** What the pipeline has come to until now. @throws NotFoundException */
  async report(pipelineId: string): Promise<RunReport> {
    return (await this.made(pipelineId)).report;
  }

  /** The same as a page that opens offline. @throws NotFoundException */
  async page(pipelineId: string): Promise<string> {
    const { report, events } = await this.made(pipelineId);
    return renderReport(report, events);
  }

  private async made(pipelineId: string): Promise<{ report: RunReport; events: RecordedEvent[] }> {
    const pipeline = await this.pipelines.get(pipelineId);
    const events = [...(await this.history.recorded(pipelineId)), ...(await this.warnings(pipeline))];
    events.sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
    const report = buildReport(events, {
      name: pipeline.name,
      pipeline: pipeline.config as unknown as PipelineConfig,
      machine: null,
      peakRssMb: null,
    });
    return { report, events };
  }

  private async warnings({ stages }: Pipeline): Promise<RecordedEvent[]> {
    const alerts = await this.alerts.all();
    return stages.flatMap(({ runId, stage }) =>
      alerts
        .filter((alert) => alert.runId === runId && alert.name === 'StageWarning')
        .map(({ createdAt, message }) => ({ type: 'warning', stage, message, time: createdAt })),
    );
  }
}
