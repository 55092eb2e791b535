export interface KafkaOptions {
  /** Port for clients; a free one by default. */
  port?: number;
  /** Folder of configuration, log and data. By default a temporary one, which `close` removes. */
  folder?: string;
  /** 256 by default. */
  heapMegabytes?: number;
  /** Lines of server.properties that add to the defaults or replace them. */
  properties?: (
    defaults: Readonly<Record<string, string | number | boolean>>,
  ) => Record<string, string | number | boolean>;
  /** Passwords by user, for SCRAM-SHA-512. */
  users?: Readonly<Record<string, string>>;
}

export interface Broker {
  readonly port: number;
  /** For a client's `brokers`. */
  readonly brokers: string[];
  readonly folder: string;
  /** Path of the broker's log. */
  readonly log: string;
  /** Starts again after `stop` or `kill`, on the same port with the same data. */
  start(): Promise<void>;
  /** Shuts down cleanly: SIGTERM. */
  stop(): Promise<void>;
  /** Like a crash: SIGKILL. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Ends the broker and removes its folder, if that is a temporary one. */
  close(): Promise<void>;
}

/**
 * Fetches the jars if they are missing, formats the folder and resolves when the broker serves.
 * @throws Error with the reason of `missingKafka`
 */
export function startKafka(options?: KafkaOptions): Promise<Broker>;

/** The reason why no broker can be started on this machine (no Java 17, no Maven, no jars), or null. */
export function missingKafka(): Promise<string | null>;
