import { trace } from '@opentelemetry/api';
import { startTracing } from '../tracing/start-tracing';
import { withLogContext } from './context';
import { createLogger, NestLogger } from './logger';

describe('createLogger', () => {
  const capture = () => {
    const lines: Record<string, unknown>[] = [];
    const logger = createLogger('test', 'debug', {
      write: (line: string) => void lines.push(JSON.parse(line)),
    });
    return { lines, logger };
  };

  it('adds the run and the active trace, also after awaits', async () => {
    const stop = startTracing('test', undefined);
    const { lines, logger } = capture();
    await withLogContext({ runId: 'r1' }, async () => {
      await Promise.resolve();
      await trace.getTracer('test').startActiveSpan('work', async (span) => {
        await Promise.resolve();
        logger.info('inside');
        expect(lines[0]).toMatchObject({ traceId: span.spanContext().traceId });
        span.end();
      });
    });
    logger.info('outside');
    expect(lines[0]).toMatchObject({ service: 'test', runId: 'r1', msg: 'inside' });
    expect(lines[0].traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(lines[1]).not.toHaveProperty('runId');
    expect(lines[1]).not.toHaveProperty('traceId');
    await stop();
  });

  it('redacts secrets', () => {
    const { lines, logger } = capture();
    logger.info({ headers: { authorization: 'Bearer x' }, config: { s3SecretKey: 'y' } }, 'm');
    expect(JSON.stringify(lines)).not.toMatch(/Bearer x|"y"/);
  });

  it("writes Nest's messages", () => {
    const { lines, logger } = capture();
    new NestLogger(logger).error('broken', 'stack');
    expect(lines[0]).toMatchObject({ level: 'error', msg: 'Nest: broken', details: ['stack'] });
  });
});
