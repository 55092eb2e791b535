import { createEventLog } from './event-log';
import type { OutgoingEvent } from './outgoing-events';

const run = { runId: 'r', stage: 'sft', algorithm: 'sft', attempt: 1 } as const;
const dataref = { uri: 's3://b/manifest.json', sha256: 'a'.repeat(64), size: 1, version: '1' };
const step = (at: number, phase: 'training' | 'evaluation' = 'training'): OutgoingEvent => ({
  type: 'run.progressed',
  data: { ...run, phase, step: at, totalSteps: 9, metrics: { loss: 1 } },
});

it('logs the start, some steps, checkpoints and the end of a run, one line each', () => {
  const lines: [string, object][] = [];
  let now = 0;
  const log = createEventLog(
    { info: ((facts: object, text: string) => lines.push([text, facts])) as never },
    () => now,
  );
  log([{ type: 'run.started', data: { ...run, step: 0, totalSteps: 9, worker: 'w', info: {} } }]);
  log([step(1), step(2), step(2, 'evaluation')]);
  now = 10_000;
  log([step(3)]);
  log([{ type: 'run.checkpointed', data: { ...run, step: 3, checkpoint: dataref } }]);
  log([step(9)]);
  const error = { code: 'OutOfMemory', message: 'too large', retryable: false };
  log([{ type: 'run.failed', data: { ...run, step: 9, error } }]);
  expect(lines).toEqual([
    ['The run is claimed and starts', { runId: 'r', attempt: 1, step: 0, totalSteps: 9 }],
    ['A step is taken', { runId: 'r', step: 1, totalSteps: 9, metrics: { loss: 1 } }],
    ['A step is taken', { runId: 'r', step: 3, totalSteps: 9, metrics: { loss: 1 } }],
    ['A checkpoint is stored', { runId: 'r', step: 3, uri: dataref.uri }],
    ['A step is taken', { runId: 'r', step: 9, totalSteps: 9, metrics: { loss: 1 } }],
    ['The run has failed', { runId: 'r', step: 9, ...error }],
  ]);
});
