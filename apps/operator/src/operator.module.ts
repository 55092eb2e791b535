import {
  type DynamicModule,
  Inject,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { connectFromEnvironment, KubeClient } from '@open-chatgpt/kube';
import { Bus } from '@open-chatgpt/messaging';
import {
  CONFIG,
  HealthService,
  LOGGER,
  type Logger,
  MetricsService,
  openDriver,
} from '@open-chatgpt/service';
import { createKubeMetrics, createResourceMetrics } from './metrics/kube-metrics';
import { ReviewedAccess } from './metrics/reviewed-access';
import { SecureMetrics } from './metrics/secure-metrics';
import { Operator } from './operator';
import { loadPodDefaults, type OperatorServiceConfig } from './operator-config';

/** Runs the operator while the service runs. A lost lease ends the process: the next leader may act already. */
@Injectable()
class OperatorService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private secureMetrics?: SecureMetrics;

  constructor(
    @Inject(CONFIG) private readonly config: OperatorServiceConfig,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly metrics: MetricsService,
    private readonly health: HealthService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { config, logger } = this;
    const defaults = loadPodDefaults(config.operatorConfig);
    const { client: clientMetrics, queue, informer } = createKubeMetrics(this.metrics);
    const client = new KubeClient({
      connection: await connectFromEnvironment(),
      userAgent: 'open-chatgpt-operator',
      // As the controllers of Kubernetes: a burst of a hundred new pipelines starts within seconds.
      qps: 100,
      burst: 200,
      metrics: clientMetrics,
      logger,
    });
    const operator = new Operator({
      client,
      defaults,
      leaseNamespace: config.leaseNamespace ?? client.namespace,
      leaseSeconds: config.leaseSeconds,
      openBus: () => new Bus({ driver: openDriver('operator', config, logger), logger }),
      logger,
      queueMetrics: queue,
      informerMetrics: informer,
    });
    createResourceMetrics(this.metrics, () => operator.resources());
    this.health.add('kubernetes', async () => {
      await client.version({ timeoutMs: 2000 });
    });
    await this.serveMetrics(client);
    this.running = operator.run(this.stopping.signal).then((end) => {
      if (end !== 'lost') return;
      logger.error({}, 'The lease is lost; the process ends');
      process.exit(1);
    });
    this.running.catch((err) => {
      logger.fatal({ err }, 'The operator has failed');
      process.exit(1);
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running.catch(() => undefined);
    this.secureMetrics?.stop();
  }

  private async serveMetrics(client: KubeClient): Promise<void> {
    const { metricsPort: port, metricsCert: cert, metricsKey: key, host } = this.config;
    if (port === undefined) return;
    if ((cert === undefined) !== (key === undefined))
      throw new Error('set both OPEN_CHATGPT_METRICS_CERT and OPEN_CHATGPT_METRICS_KEY, or neither');
    this.secureMetrics = new SecureMetrics({
      host,
      port,
      ...(cert !== undefined && { files: { cert, key: key! } }),
      access: new ReviewedAccess(client),
      metrics: () => this.metrics.text(),
      logger: this.logger,
    });
    await this.secureMetrics.start();
  }
}

@Module({})
export class OperatorModule {
  static forRoot(): DynamicModule {
    return { module: OperatorModule, providers: [OperatorService] };
  }
}
