import type { LoggerService } from '@nestjs/common';
import { trace } from '@opentelemetry/api';
import pino, { type DestinationStream, type Logger } from 'pino';
import { logContext } from './context';

export type { Logger } from 'pino';

/** Never to be seen in a log. */
const SECRETS = ['*.authorization', '*.token', '*.secretKey', '*.s3SecretKey', 's3SecretKey', 's3AccessKey'];

/**
 * JSON lines, one for each message, with the service's name and the run and trace at hand. They are written at once: the
 * last ones before a process ends are those that matter.
 */
export function createLogger(
  service: string,
  level: string,
  destination: DestinationStream = pino.destination({ dest: 2, sync: true }),
): Logger {
  return pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      mixin: () => ({ ...logContext(), ...traceAtHand() }),
      redact: SECRETS,
    },
    destination,
  );
}

function traceAtHand(): { traceId?: string } {
  const span = trace.getActiveSpan();
  return span ? { traceId: span.spanContext().traceId } : {};
}

/** Nest's own messages in the same stream; what it says while starting is for debugging. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}
  log(message: unknown, context?: string): void {
    this.logger.debug({ context }, String(message));
  }
  error(message: unknown, ...rest: unknown[]): void {
    this.logger.error({ details: rest }, String(message));
  }
  warn(message: unknown, context?: string): void {
    this.logger.warn({ context }, String(message));
  }
}
