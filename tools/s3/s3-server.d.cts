export interface S3Server {
  /** As `http://127.0.0.1:40123`. */
  endpoint: string;
  accessKey: string;
  secretKey: string;
  region: string;
  /** Variables by which services find it; their bucket is made when it is not there. */
  env: Record<string, string>;
  /** Ends the server and, where the folder was a temporary one, removes its data. */
  stop(): Promise<void>;
}

export interface S3ServerOptions {
  /** Default: a free one. */
  port?: number;
  /** Where the data lies, which `stop` then keeps: starting again with both gives the same server. Default: temporary. */
  folder?: string;
}

/**
 * Starts an S3 server with conditional writes on a loopback port; it ends with this process at the latest.
 * With OPEN_CHATGPT_TEST_S3=http://key:secret@host:port it gives that server instead, and `stop` leaves it alone.
 */
export function startS3(options?: S3ServerOptions): Promise<S3Server>;

/**
 * Why there can be no S3 server on this machine, or null. Builds the server where it is not in the cache, which takes
 * minutes, so call it where tests are collected: no time limit runs there yet.
 */
export function missingS3(): string | null;
