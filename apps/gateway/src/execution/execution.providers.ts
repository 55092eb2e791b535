import type { Provider } from '@nestjs/common';
import { Bus, EventPublisher } from '@open-chatgpt/messaging';
import { CONFIG, LOGGER, type Logger } from '@open-chatgpt/service';
import { DatasetsService } from '../datasets/datasets.service';
import type { GatewayConfig } from '../gateway-config';
import { PipelineDocuments } from '../pipelines/pipeline-documents';
import { HistoryWatch } from '../runs/history-watch';
import { RunHistory } from '../runs/run-history';
import { RunsService } from '../runs/runs.service';
import { ArtifactRequests } from './artifact-requests';
import { DocumentsExecutor } from './documents/documents-executor';
import { EventLogs } from './documents/event-logs';
import { EventRequests } from './documents/event-requests';
import type { ClusterConnection } from './kubernetes/cluster-connection';
import { PipelineExecutor } from './pipeline-executor';
import { RunLogs } from './run-logs';

/** The cluster of the configuration, or null. Only the providers below know which it is. */
const CLUSTER = Symbol('cluster');
type Cluster = ClusterConnection | null;

/** Loaded on first use: a gateway without a cluster does not load the client of one. */
const kubernetes = () => require('./kubernetes') as typeof import('./kubernetes');

export const executionProviders: Provider[] = [
  {
    provide: CLUSTER,
    inject: [CONFIG, LOGGER],
    useFactory: async ({ resources = 'documents' }: GatewayConfig, logger: Logger): Promise<Cluster> =>
      resources === 'documents' ? null : kubernetes().connectToCluster(resources.split(':')[1], logger),
  },
  {
    provide: ArtifactRequests,
    inject: [CLUSTER, EventPublisher],
    useFactory: (cluster: Cluster, events: EventPublisher): ArtifactRequests =>
      cluster
        ? new (kubernetes().ArtifactResources)(cluster.client, cluster.namespace)
        : new EventRequests(events),
  },
  {
    provide: PipelineExecutor,
    inject: [CLUSTER, PipelineDocuments, RunsService, DatasetsService, EventPublisher, LOGGER, Bus],
    useFactory: (
      cluster: Cluster,
      documents: PipelineDocuments,
      runs: RunsService,
      datasets: DatasetsService,
      events: EventPublisher,
      logger: Logger,
      bus: Bus,
    ): PipelineExecutor => {
      if (!cluster)
        return new DocumentsExecutor(documents, runs, datasets, events, logger, bus.driver.durable);
      const { KubernetesExecutor, PipelineMirror } = kubernetes();
      const mirror = new PipelineMirror({ ...cluster, documents, runs, events, logger });
      return new KubernetesExecutor({ ...cluster, documents, runs, mirror });
    },
  },
  {
    provide: RunLogs,
    inject: [CLUSTER, RunHistory, HistoryWatch, RunsService],
    useFactory: (cluster: Cluster, history: RunHistory, watches: HistoryWatch, runs: RunsService): RunLogs =>
      cluster ? new (kubernetes().PodLogs)({ ...cluster, history }) : new EventLogs(history, watches, runs),
  },
];
