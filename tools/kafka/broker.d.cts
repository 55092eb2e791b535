export interface KafkaOptions {
  /** Where clients connect; a free one by default. */
  port?: number;
  /** Where configuration, log and data lie and stay; a temporary one by default, which `close` removes. */
  folder?: string;
  /** 256 by default. */
  heapMegabytes?: number;
  /** Lines of server.properties beside the defaults, or instead of them. */
  properties?: Readonly<Record<string, string | number | boolean>>;
}

export interface Broker {
  readonly port: number;
  /** For a client's `brokers`. */
  readonly brokers: string[];
  readonly folder: string;
  /** The file that the broker logs to. */
  readonly log: string;
  /** Serves again after `stop` or `kill`, on the same port with the same data. */
  start(): Promise<void>;
  /** Shuts down in order. */
  stop(): Promise<void>;
  /** As a crash would: SIGKILL. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Ends the broker and removes its folder, if that is a temporary one. */
  close(): Promise<void>;
}

/** Fetches the jars if they are not there, formats the folder and resolves when the broker serves. */
export function startKafka(options?: KafkaOptions): Promise<Broker>;

/** Why no broker can be started here (no Java 17, no Maven, no jars); null when one can. */
export function missingKafka(): Promise<string | null>;
