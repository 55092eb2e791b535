import { job, model, pod, run } from '../testing/objects';
import { type RunObservation, runState, runStatus } from './run-state';

const observed = (more: Partial<RunObservation> = {}): RunObservation => ({
  run: run(),
  runId: 'chat-sft',
  algorithm: 'sft',
  pods: [],
  remaining: 0,
  ...more,
});
const condition = (type: string, reason?: string) => ({
  conditions: [{ type, status: 'True' as const, ...(reason && { reason }) }],
});
const complete = job(condition('Complete'));
const completed = (runId = 'chat-sft') =>
  pod({ exitCode: 0, message: { runId, outcome: 'completed', step: 5, model } });
const unschedulable = [
  {
    type: 'PodScheduled',
    status: 'False' as const,
    reason: 'Unschedulable',
    message: '0/3 nodes are available',
  },
];

/** What is observed, and the phase and reason that follow. */
const table: [string, Partial<RunObservation>, string, string][] = [
  ['no Job yet', {}, 'Pending', 'JobMissing'],
  ['the pods of an earlier Job', { pods: [pod()] }, 'Pending', 'PodsEnding'],
  [
    'a Job that is refused',
    { refused: { reason: 'QuotaExceeded', message: '' } },
    'Pending',
    'QuotaExceeded',
  ],
  ['a Job without pods', { job: job() }, 'Starting', 'PodsMissing'],
  [
    'pods that are refused',
    { job: job(), refused: { reason: 'PodsRefused', message: '' } },
    'Starting',
    'PodsRefused',
  ],
  [
    'a pod that no node takes',
    { job: job(), pods: [pod({ phase: 'Pending', conditions: unschedulable })] },
    'Starting',
    'Unschedulable',
  ],
  [
    'an image that is missing',
    { job: job(), pods: [pod({ phase: 'Pending', waiting: { reason: 'ImagePullBackOff' } })] },
    'Starting',
    'ImagePullBackOff',
  ],
  ['a pod that starts', { job: job(), pods: [pod({ phase: 'Pending' })] }, 'Starting', 'PodsStarting'],
  ['pods that run', { job: job(), pods: [pod()] }, 'Running', 'PodsReady'],
  [
    'one of two ranks',
    { run: run({ trainer: { ranks: 2 } }), job: job(), pods: [pod()] },
    'Starting',
    'PodsMissing',
  ],
  [
    'one rank that is done before the other',
    {
      run: run({ trainer: { ranks: 2 } }),
      job: job(),
      pods: [pod({ exitCode: 0 }), pod({ name: 'chat-sft-1-abcde' })],
    },
    'Running',
    'PodsReady',
  ],
  [
    'a gang that is held',
    { job: job({}, { suspend: true }), held: { reason: 'InsufficientDevices', message: '' } },
    'Pending',
    'InsufficientDevices',
  ],
  [
    'a Job in a queue',
    { run: run({ queueName: 'q' }), job: job({}, { suspend: true }) },
    'Pending',
    'Queued',
  ],
  [
    'a Job that was preempted',
    {
      run: run({ queueName: 'q' }, { executionAttempts: [{ pod: 'a', uid: 'a' }] }),
      job: job({}, { suspend: true }),
    },
    'Pending',
    'Preempted',
  ],
  ['a suspended run whose Job ends', { run: run({ suspend: true }), job: job() }, 'Suspended', 'Suspending'],
  [
    'a suspended run whose workers end',
    { run: run({ suspend: true }), remaining: 1 },
    'Suspended',
    'Suspending',
  ],
  ['a suspended run', { run: run({ suspend: true }) }, 'Suspended', 'Suspended'],
  [
    'a suspended run that had completed',
    { run: run({ suspend: true }), job: complete, pods: [completed()] },
    'Complete',
    'Complete',
  ],
  ['a result in the message of the pod', { job: complete, pods: [completed()] }, 'Complete', 'Complete'],
  [
    'a result in an event',
    { job: complete, facts: { attempt: 1, metrics: {}, lastProgressTime: '', model } },
    'Complete',
    'Complete',
  ],
  ['a result in the status', { run: run({}, { model }), job: complete }, 'Complete', 'Complete'],
  ['a result that is lost', { job: complete }, 'Starting', 'ResultLost'],
  ['the result of another run', { job: complete, pods: [completed('other')] }, 'Starting', 'ResultLost'],
  [
    'a result that is lost again and again',
    {
      run: run(
        {},
        { executionAttempts: ['a', 'b', 'c', 'd'].map((uid) => ({ pod: uid, uid, exitCode: 0 })) },
      ),
      job: complete,
    },
    'Failed',
    'ResultLost',
  ],
  [
    'an error of the trainer',
    {
      job: job(condition('Failed', 'PodFailurePolicy')),
      pods: [
        pod({
          exitCode: 65,
          message: {
            runId: 'chat-sft',
            outcome: 'failed',
            error: { code: 'TrainingDiverged', message: 'NaN' },
          },
        }),
      ],
    },
    'Failed',
    'TrainingDiverged',
  ],
  [
    'too little memory',
    {
      job: job(condition('Failed', 'BackoffLimitExceeded')),
      pods: [pod({ exitCode: 137, reason: 'OOMKilled' })],
    },
    'Failed',
    'OOMKilled',
  ],
  [
    'crashes',
    { job: job(condition('Failed', 'BackoffLimitExceeded')), pods: [pod({ exitCode: 1 })] },
    'Failed',
    'AppFailed',
  ],
  ['a deadline', { job: job(condition('Failed', 'DeadlineExceeded')) }, 'Failed', 'DeadlineExceeded'],
];

describe('the state of a run', () => {
  it.each(table)('follows from %s', (_, more, phase, reason) => {
    expect(runState(observed(more))).toMatchObject({ phase, reason });
  });

  it('becomes conditions of which each has the generation, and only readiness says what is to come', () => {
    const observation = observed({ job: job(), pods: [pod()] });
    const status = runStatus(observation, runState(observation), new Date('2026-01-01T01:00:00Z'));
    expect(status.conditions!.map(({ type, status: value }) => [type, value])).toEqual([
      ['Complete', 'False'],
      ['Failed', 'False'],
      ['Suspended', 'False'],
      ['PodsReady', 'True'],
      ['Ready', 'False'],
      ['Reconciling', 'True'],
    ]);
    for (const one of status.conditions!) expect(one.observedGeneration).toBe(2);
    expect(status).toMatchObject({ observedGeneration: 2, phase: 'Running', failures: 0 });
  });

  it('keeps what it has said: the model, the time of the end, attempts', () => {
    const before = observed({ job: complete, pods: [completed()] });
    const first = runStatus(before, runState(before), new Date('2026-01-01T01:00:00Z'));
    // The pod is gone.
    const after = observed({ run: run({}, first), job: complete });
    const second = runStatus(after, runState(after), new Date('2026-01-01T02:00:00Z'));
    expect(second).toEqual(first);
    expect(second).toMatchObject({ model, completionTime: '2026-01-01T01:00:00.000Z', progressPercent: 100 });
  });

  it('takes the model from the rank that has it', () => {
    const ranks = [
      pod({ exitCode: 0, message: { runId: 'chat-sft', outcome: 'completed' } }),
      pod({
        name: 'chat-sft-1-abcde',
        exitCode: 0,
        message: { runId: 'chat-sft', outcome: 'completed', model },
      }),
    ];
    const observation = observed({ run: run({ trainer: { ranks: 2 } }), job: complete, pods: ranks });
    expect(runStatus(observation, runState(observation), new Date()).model).toEqual(model);
  });
});
