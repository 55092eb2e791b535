import { connectFromEnvironment, KubeClient } from '@open-chatgpt/kube';
import type { EventPublisher } from '@open-chatgpt/messaging';
import type { Logger } from '@open-chatgpt/service';
import type { PipelineDocuments } from '../../pipelines/pipeline-documents';
import type { RunHistory } from '../../runs/run-history';
import type { RunsService } from '../../runs/runs.service';
import { KubernetesExecutor } from './kubernetes-executor';
import { PipelineMirror } from './pipeline-mirror';
import { PodLogs } from './pod-logs';

export interface InClusterOptions {
  /** Default: that of the pod, or of the context. */
  namespace?: string;
  documents: PipelineDocuments;
  runs: RunsService;
  events: EventPublisher;
  history: RunHistory;
  logger: Logger;
}

/** @throws Error when no API server is configured */
export async function openInCluster(
  options: InClusterOptions,
): Promise<{ executor: KubernetesExecutor; logs: PodLogs }> {
  const { logger } = options;
  const client = new KubeClient({
    connection: await connectFromEnvironment(),
    userAgent: 'open-chatgpt-gateway',
    logger,
  });
  const parts = { ...options, client, namespace: options.namespace ?? client.namespace };
  const mirror = new PipelineMirror(parts);
  return { executor: new KubernetesExecutor({ ...parts, mirror }), logs: new PodLogs(parts) };
}
