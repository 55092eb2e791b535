import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Broker, startKafka } from '@open-chatgpt/tools/kafka/broker.cjs';
import { type S3Server, startS3 } from '@open-chatgpt/tools/s3/s3-server.cjs';
import { Api } from './api';
import { type OneRunProcess, startOneRun } from './one-run-process';
import { compile } from './openchat';
import { type ServiceProcess, startServiceProcess } from './service-process';

/** So long after a service is killed, another one takes its work; a spec that kills one waits for it. */
const SESSION_SECONDS = '6';

export interface Start {
  /** Name of the process, if there are several of an app; the name of the app by default. */
  name?: string;
  /** The role of the app that the process has. */
  role?: string;
  env?: Record<string, string>;
}

/**
 * Services as processes, with a real Kafka broker and a real S3 server. Each works in the folder of its name below `cwd`.
 */
export class Cluster {
  private readonly services = new Map<string, ServiceProcess>();

  private constructor(
    /** Folder for the files of the spec. */
    readonly cwd: string,
    readonly kafka: Broker,
    private s3: S3Server,
    private readonly env: Record<string, string>,
  ) {}

  /**
   * Starts the broker and the S3 server.
   * @param env variables of all services
   * @throws Error with the reason if one of them cannot be started
   */
  static async open(env: Record<string, string> = {}): Promise<Cluster> {
    compile();
    const cwd = mkdtempSync(join(tmpdir(), 'cluster-'));
    const [kafka, s3] = await Promise.all([startKafka(), startS3({ folder: join(cwd, 's3') })]);
    return new Cluster(cwd, kafka, s3, env);
  }

  /** Start one service first, for example the gateway: it creates the topics and the bucket. */
  async start(app: string, { name = app, role, env }: Start = {}): Promise<ServiceProcess> {
    const service = await startServiceProcess(app, this.environment(name, role, env));
    // The service creates the bucket when it checks that it is ready.
    if (this.services.size === 0) await (await fetch(`${service.url}/health/ready`)).text();
    this.services.set(name, service);
    return service;
  }

  /**
   * Starts a trainer that executes one run and exits.
   * @param request the data of run.requested, or text for the file
   */
  startRun(app: string, request: object | string, { name = app, env }: Start = {}): OneRunProcess {
    return startOneRun(app, join(this.cwd, name), request, this.environment(name, undefined, env));
  }

  service(name: string): ServiceProcess {
    const service = this.services.get(name);
    if (!service) throw new Error(`there is no service "${name}": ${[...this.services.keys()].join(', ')}`);
    return service;
  }

  running(): ServiceProcess[] {
    return [...this.services.values()];
  }

  /** Takes the service out of the cluster, so that the caller ends it. */
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

  /** After `stopS3`: on the same port, with its data. */
  async startS3(): Promise<void> {
    this.s3 = await startS3({ port: Number(new URL(this.s3.endpoint).port), folder: join(this.cwd, 's3') });
  }

  private environment(name: string, role?: string, env?: Record<string, string>): Record<string, string> {
    return {
      OPEN_CHATGPT_BUS: `kafka://${this.kafka.brokers.join(',')}`,
      OPEN_CHATGPT_KAFKA_SESSION_TIMEOUT_SECONDS: SESSION_SECONDS,
      OPEN_CHATGPT_STORE: 's3://open-chatgpt/test',
      ...this.s3.env,
      OPEN_CHATGPT_WORK_DIR: join(this.cwd, name),
      OPEN_CHATGPT_PIPELINE_FOLDERS: this.cwd,
      ...(role && { OPEN_CHATGPT_ROLE: role }),
      ...this.env,
      ...env,
    };
  }

  /** Ends everything and removes the files. */
  async close(): Promise<void> {
    await Promise.all(this.running().map((service) => service.stop()));
    await this.kafka.close();
    await this.s3.stop();
    rmSync(this.cwd, { recursive: true, force: true });
  }
}
