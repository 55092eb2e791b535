import { MetricsService } from '@open-chatgpt/service';
import type { OutgoingEvent } from './outgoing-events';
import { RunMetrics } from './run-metrics';

const run = { runId: 'mine-sft', stage: 'sft', algorithm: 'sft', attempt: 1 } as const;
const labels = 'run="mine-sft",stage="sft",algorithm="sft"';

const started: OutgoingEvent = {
  type: 'run.started',
  data: { ...run, step: 0, totalSteps: 10, worker: 'pod/1', info: {} },
};

const step = (number: number, loss: number): OutgoingEvent => ({
  type: 'run.progressed',
  data: {
    ...run,
    phase: 'training',
    step: number,
    totalSteps: 10,
    metrics: { loss },
    tokens: 100,
    seconds: 0.5,
  },
});

const evaluation: OutgoingEvent = {
  type: 'run.progressed',
  data: { ...run, phase: 'evaluation', step: 2, totalSteps: 10, metrics: { loss: 3 } },
};

const failed: OutgoingEvent = {
  type: 'run.failed',
  data: { ...run, step: 2, error: { code: 'TrainingDiverged', message: 'the loss is NaN' } },
};

describe('the metrics of runs', () => {
  const setup = () => {
    const service = new MetricsService();
    const metrics = new RunMetrics(service);
    const lines = async () =>
      (await service.registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return { metrics, lines };
  };

  it('show the step, the speed and the latest values', async () => {
    const { metrics, lines } = setup();
    metrics.observe([started, step(1, 2.5), step(2, 2.25), evaluation]);
    expect(await lines()).toEqual([
      `training_step{${labels}} 2`,
      `training_total_steps{${labels}} 10`,
      `training_metric{${labels},phase="training",name="loss"} 2.25`,
      `training_metric{${labels},phase="evaluation",name="loss"} 3`,
      `training_tokens_total{${labels}} 200`,
      `training_step_seconds_total{${labels}} 1`,
    ]);
  });

  it('show no last values of a run that has ended', async () => {
    const { metrics, lines } = setup();
    metrics.observe([started, step(1, 2.5), evaluation, failed]);
    expect(await lines()).toEqual([
      `training_tokens_total{${labels}} 100`,
      `training_step_seconds_total{${labels}} 0.5`,
    ]);
  });
});
