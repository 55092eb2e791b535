import { createEventLog } from './event-log';
import type { OutgoingEvent } from './outgoing-events';

const run = { runId: 'r', stage: 'sft', algorithm: 'sft', attempt: 1 } as const;
const dataref = { uri: 's3://b/manifest.json', sha256: 'a'.repeat(64), size: 1, version: '1' };
const step = (at: number, phase: 'training' | 'evaluation' = 'training'): OutgoingEvent => ({
  type: 'run.progressed',
  data: { ...run, phase, step: at, totalSteps: 9, metrics: { loss: 1 } },
});

let lines: [string, object][] = [];
const at = (level: string) =>
  ((facts: object, text: string) => lines.push([`${level}: ${text}`, facts])) as never;
const logger = { info: at('info'), warn: at('warn'), error: at('error') };
beforeEach(() => {
  lines = [];
});

it('logs the start, some steps, checkpoints and the end of a run, one line each', () => {
  let now = 0;
  const log = createEventLog(logger, () => now);
  log([{ type: 'run.started', data: { ...run, step: 0, totalSteps: 9, worker: 'w', info: {} } }]);
  log([step(1), step(2), step(2, 'evaluation')]);
  now = 10_000;
  log([step(3)]);
  log([{ type: 'run.checkpointed', data: { ...run, step: 3, checkpoint: dataref } }]);
  log([step(9)]);
  const error = { code: 'OutOfMemory', message: 'too large', retryable: false };
  log([{ type: 'run.failed', data: { ...run, step: 9, error } }]);
  expect(lines).toEqual([
    ['info: The run is claimed and starts', { runId: 'r', attempt: 1, step: 0, totalSteps: 9 }],
    ['info: A step is taken', { runId: 'r', step: 1, totalSteps: 9, metrics: { loss: 1 } }],
    ['info: A step is taken', { runId: 'r', step: 3, totalSteps: 9, metrics: { loss: 1 } }],
    ['info: A checkpoint is stored', { runId: 'r', step: 3, uri: dataref.uri }],
    ['info: A step is taken', { runId: 'r', step: 9, totalSteps: 9, metrics: { loss: 1 } }],
    ['error: The run has failed', { runId: 'r', step: 9, ...error }],
  ]);
});

it.each([
  ['critical', 'error: The run raises a critical alert'],
  ['warning', 'warn: The run raises an alert'],
  ['info', 'info: The run raises a notice'],
] as const)('logs an alert of the severity %s', (severity, line) => {
  const alert = { name: 'StoreUnavailable', message: 'it is away', runId: 'r', stage: 'sft', details: {} };
  createEventLog(logger)([{ type: 'alert.raised', data: { ...alert, severity } }]);
  expect(lines).toEqual([[line, alert]]);
});
