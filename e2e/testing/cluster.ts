import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Broker, startKafka } from '@open-chatgpt/tools/kafka/broker.cjs';
import { type S3Server, startS3 } from '@open-chatgpt/tools/s3/s3-server.cjs';
import { Api } from './api';
import { compile } from './openchat';
import { type ServiceProcess, startServiceProcess } from './service-process';

/** So long after a service was killed its work goes to the next one: a spec that kills one waits for it. */
const SESSION_SECONDS = '6';

export interface Start {
  /** Of the process, where there are several of an app; the app's by default. */
  name?: string;
  /** Of the app that the process has. */
  role?: string;
  env?: Record<string, string>;
}

/**
 * Services as processes of their own over a real Kafka broker and S3 server, each of them working in the folder of its
 * name below `cwd`.
 */
export class Cluster {
  private readonly services = new Map<string, ServiceProcess>();

  private constructor(
    /** Where the spec has its files. */
    readonly cwd: string,
    readonly kafka: Broker,
    private s3: S3Server,
    private readonly env: Record<string, string>,
  ) {}

  /**
   * Starts the broker and the S3 server.
   * @param env of all services
   * @throws Error saying what is missing, where they cannot be had
   */
  static async open(env: Record<string, string> = {}): Promise<Cluster> {
    compile();
    const cwd = mkdtempSync(join(tmpdir(), 'cluster-'));
    const [kafka, s3] = await Promise.all([startKafka(), startS3({ folder: join(cwd, 's3') })]);
    return new Cluster(cwd, kafka, s3, env);
  }

  /** Begin with one, the gateway for example: it makes the topics and the bucket. */
  async start(app: string, { name = app, role, env }: Start = {}): Promise<ServiceProcess> {
    const service = await startServiceProcess(app, {
      OPEN_CHATGPT_BUS: `kafka://${this.kafka.brokers.join(',')}`,
      OPEN_CHATGPT_KAFKA_SESSION_TIMEOUT_SECONDS: SESSION_SECONDS,
      OPEN_CHATGPT_STORE: 's3://open-chatgpt/test',
      ...this.s3.env,
      OPEN_CHATGPT_WORK_DIR: join(this.cwd, name),
      ...(role && { OPEN_CHATGPT_ROLE: role }),
      ...this.env,
      ...env,
    });
    // The bucket is made when the service looks whether it is ready.
    if (this.services.size === 0) await (await fetch(`${service.url}/health/ready`)).text();
    this.services.set(name, service);
    return service;
  }

  service(name: string): ServiceProcess {
    const service = this.services.get(name);
    if (!service) throw new Error(`there is no service "${name}": ${[...this.services.keys()].join(', ')}`);
    return service;
  }

  running(): ServiceProcess[] {
    return [...this.services.values()];
  }

  /** The service, which is none of the cluster any more: the caller ends it. */
  leave(name: string): ServiceProcess {
    const service = this.service(name);
    this.services.delete(name);
    return service;
  }

  get gateway(): Api {
    return new Api(this.service('gateway').url);
  }

  get storeOptions() {
    const { endpoint, accessKey, secretKey, region } = this.s3;
    return { endpoint, accessKey, secretKey, region };
  }

  async stopS3(): Promise<void> {
    await this.s3.stop();
  }

  /** After `stopS3`: at the same place, with what it held. */
  async startS3(): Promise<void> {
    this.s3 = await startS3({ port: Number(new URL(this.s3.endpoint).port), folder: join(this.cwd, 's3') });
  }

  /** Ends everything and removes the files. */
  async close(): Promise<void> {
    await Promise.all(this.running().map((service) => service.stop()));
    await this.kafka.close();
    await this.s3.stop();
    rmSync(this.cwd, { recursive: true, force: true });
  }
}
