export interface S3Server {
  /** For example `http://127.0.0.1:40123`. */
  endpoint: string;
  accessKey: string;
  secretKey: string;
  region: string;
  /** Variables with which services find the server; they create their bucket. */
  env: Record<string, string>;
  /** Ends the server and removes its data, if the folder is a temporary one. */
  stop(): Promise<void>;
}

export interface S3ServerOptions {
  /** A free one by default. */
  port?: number;
  /** Folder of the data, which `stop` keeps: the same port and folder give the same server. By default a temporary one. */
  folder?: string;
}

/**
 * Starts an S3 server with conditional writes on a loopback port. It ends with this process at the latest.
 * With OPEN_CHATGPT_TEST_S3=http://key:secret@host:port it returns that server, which `stop` does not end.
 * @throws Error with the reason of `missingS3`
 */
export function startS3(options?: S3ServerOptions): Promise<S3Server>;

/**
 * The reason why no S3 server can be started on this machine, or null. Builds the server if it is not in the cache, which
 * takes minutes: call it where no time limit of a test applies.
 */
export function missingS3(): string | null;
