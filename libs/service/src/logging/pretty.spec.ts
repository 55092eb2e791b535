import { createLogger } from './logger';
import { prettyLine } from './pretty';

describe('prettyLine', () => {
  const linesOf = (log: (logger: ReturnType<typeof createLogger>) => void) => {
    const lines: string[] = [];
    log(createLogger('gateway', 'debug', { write: (line: string) => void lines.push(prettyLine(line)) }));
    return lines;
  };

  it('shows time, level, service, message and fields on one line', () => {
    const [line] = linesOf((logger) =>
      logger.info({ runId: 'r', step: 3, metrics: { loss: 1 } }, 'A step\nis taken'),
    );
    expect(line).toMatch(
      /^\d\d:\d\d:\d\d INFO gateway A step is taken runId=r step=3 metrics=\{"loss":1\}\n$/,
    );
  });

  it('shows the stack of an error below', () => {
    const [line] = linesOf((logger) =>
      logger.error({ err: new Error('the disk is full') }, 'A request fails'),
    );
    expect(line).toMatch(/ERROR gateway A request fails\nError: the disk is full\n {4}at /);
  });

  it('shows nothing that steers the terminal', () => {
    const evil = '\u001b[2J\u009b\u202e';
    const [line] = linesOf((logger) => logger.warn({ [evil]: evil, err: new Error(evil) }, evil));
    expect(line).toContain('\\x1b[2J\\x9b\\u202e');
    expect(line).not.toContain('\u001b');
    expect(line).not.toContain('\u009b');
    expect(line).not.toContain('\u202e');
  });
});
