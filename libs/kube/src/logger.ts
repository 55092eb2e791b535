/** The logger that this library writes to. It has pino's signature, so a pino logger fits. */
export interface KubeLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const silent = () => undefined;

export const silentLogger: KubeLogger = { debug: silent, info: silent, warn: silent, error: silent };
