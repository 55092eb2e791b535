import type { LoggerService } from '@nestjs/common';
import { trace } from '@opentelemetry/api';
import pino, { type DestinationStream, type Logger } from 'pino';
import { logContext } from './context';
import { prettyLine } from './pretty';

export type { Logger } from 'pino';

/** Fields whose values are redacted. */
const SECRETS = [
  '*.authorization',
  '*.token',
  '*.secretKey',
  '*.s3SecretKey',
  's3SecretKey',
  's3AccessKey',
  '*.kafkaPassword',
  'kafkaPassword',
];

/**
 * Creates a logger that writes JSON lines with the service's name, the run and the trace id, or lines for a person where stderr is a
 * terminal. It writes synchronously, so that the last lines before a crash are not lost.
 */
export function createLogger(
  service: string,
  level: string,
  destination: DestinationStream = toStderr(),
): Logger {
  return pino(
    {
      level,
      base: { service },
      formatters: { level: (label) => ({ level: label }) },
      timestamp: pino.stdTimeFunctions.isoTime,
      mixin: () => ({ ...logContext(), ...activeTrace() }),
      redact: SECRETS,
    },
    destination,
  );
}

function toStderr(): DestinationStream {
  const stderr = pino.destination({ dest: 2, sync: true });
  return process.stderr.isTTY ? { write: (line) => void stderr.write(prettyLine(line)) } : stderr;
}

function activeTrace(): { traceId?: string } {
  const span = trace.getActiveSpan();
  return span ? { traceId: span.spanContext().traceId } : {};
}

/** Writes Nest's own messages to the logger; its many messages at the start get the level debug. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}
  log(message: unknown, context?: string): void {
    this.logger.debug({ context }, String(message));
  }
  error(message: unknown, ...rest: unknown[]): void {
    this.logger.error({ details: rest }, `Nest: ${message}`);
  }
  warn(message: unknown, context?: string): void {
    this.logger.warn({ context }, `Nest: ${message}`);
  }
}
