import type { LoopEvent } from '@open-chatgpt/runs';
import { learnEpochs } from '../algorithms/ppo/learn-epochs';
import { StepMeter } from './step-meter';

describe('the metrics of a report', () => {
  it('are means over its steps, and the learning rate that was applied last', () => {
    const events: LoopEvent[] = [];
    const meter = new StepMeter(6, 5, (event) => events.push(event));
    for (let step = 1; step <= 6; step++) meter.add(step, { loss: step, learningRate: step / 10 }, 1);
    const reported = events.map((event) => (event.type === 'step' ? [event.step, event.metrics] : []));
    expect(reported).toEqual([
      [1, { loss: 1, learningRate: 0.1 }],
      [5, { loss: 3.5, learningRate: 0.5 }],
      [6, { loss: 6, learningRate: 0.6 }],
    ]);
  });

  it('stay the same where a checkpoint lies between two reports', () => {
    const events: LoopEvent[] = [];
    const before = new StepMeter(4, 4, () => {});
    before.add(2, { loss: 2, learningRate: 0.2 }, 1);
    const after = new StepMeter(4, 4, (event) => events.push(event));
    after.restore(JSON.parse(JSON.stringify(before.state())));
    after.add(4, { loss: 4, learningRate: 0.4 }, 1);
    expect(events).toMatchObject([{ metrics: { loss: 3, learningRate: 0.4 }, tokens: 2 }]);
  });

  it('of an iteration are means over its updates, and the last learning rate', async () => {
    let update = 0;
    const options = { seed: 1, numPpoEpochs: 2, numMiniBatches: 2 };
    const metrics = await learnEpochs([1, 2, 3, 4], 1, options, async () => {
      update++;
      return { policyLoss: update, learningRate: update / 10 };
    });
    expect(metrics).toEqual({ policyLoss: 2.5, learningRate: 0.4 });
  });
});
