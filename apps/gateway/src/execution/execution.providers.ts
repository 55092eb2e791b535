import type { Provider } from '@nestjs/common';
import { EventPublisher } from '@open-chatgpt/messaging';
import { CONFIG, LOGGER, type Logger } from '@open-chatgpt/service';
import { DatasetsService } from '../datasets/datasets.service';
import type { GatewayConfig } from '../gateway-config';
import { PipelineDocuments } from '../pipelines/pipeline-documents';
import { HistoryWatch } from '../runs/history-watch';
import { RunHistory } from '../runs/run-history';
import { RunsService } from '../runs/runs.service';
import { DocumentsExecutor } from './documents/documents-executor';
import { EventLogs } from './documents/event-logs';
import { PipelineExecutor } from './pipeline-executor';
import { RunLogs } from './run-logs';

interface Execution {
  executor: PipelineExecutor;
  logs: RunLogs;
}

const EXECUTION = Symbol('execution');

/** How the configuration says that pipelines are executed. No other code knows which way it is. */
export const executionProviders: Provider[] = [
  {
    provide: EXECUTION,
    inject: [
      ...[CONFIG, PipelineDocuments, RunsService, DatasetsService, EventPublisher, LOGGER],
      ...[RunHistory, HistoryWatch],
    ],
    useFactory: async (
      { resources = 'documents' }: GatewayConfig,
      documents: PipelineDocuments,
      runs: RunsService,
      datasets: DatasetsService,
      events: EventPublisher,
      logger: Logger,
      history: RunHistory,
      watches: HistoryWatch,
    ): Promise<Execution> => {
      if (resources === 'documents')
        return {
          executor: new DocumentsExecutor(documents, runs, datasets, events, logger),
          logs: new EventLogs(history, watches, runs),
        };
      // Loaded on first use: a gateway without a cluster does not load the client of one.
      const { openInCluster } =
        require('./kubernetes/open-in-cluster') as typeof import('./kubernetes/open-in-cluster');
      return openInCluster({ namespace: resources.split(':')[1], documents, runs, events, history, logger });
    },
  },
  {
    provide: PipelineExecutor,
    inject: [EXECUTION],
    useFactory: ({ executor }: Execution): PipelineExecutor => executor,
  },
  { provide: RunLogs, inject: [EXECUTION], useFactory: ({ logs }: Execution): RunLogs => logs },
];
