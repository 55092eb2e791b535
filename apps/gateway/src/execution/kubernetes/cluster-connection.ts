import { connectFromEnvironment, KubeClient } from '@open-chatgpt/kube';
import type { Logger } from '@open-chatgpt/service';

/** The API server, and the namespace in which the gateway makes and watches resources. */
export interface ClusterConnection {
  client: KubeClient;
  namespace: string;
}

/**
 * @param namespace by default that of the pod, or of the context
 * @throws Error when no API server is configured
 */
export async function connectToCluster(
  namespace: string | undefined,
  logger: Logger,
): Promise<ClusterConnection> {
  const connection = await connectFromEnvironment();
  const client = new KubeClient({ connection, userAgent: 'open-chatgpt-gateway', logger });
  return { client, namespace: namespace ?? client.namespace };
}
