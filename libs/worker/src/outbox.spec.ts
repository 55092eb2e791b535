import { Outbox } from './outbox';
import type { OutgoingEvent } from './outgoing-events';

const event = (name: string): OutgoingEvent => ({
  type: 'alert.raised',
  data: { name, severity: 'info', message: name, details: {} },
});

const stepped = (step: number): OutgoingEvent => ({
  type: 'run.progressed',
  data: {
    runId: 'r',
    stage: 'sft',
    algorithm: 'sft',
    attempt: 1,
    phase: 'training',
    step,
    totalSteps: 9,
    metrics: {},
  },
});

const nameOf = ({ data }: OutgoingEvent): string =>
  'name' in data ? String(data.name) : String('step' in data && data.step);

describe('Outbox', () => {
  it('sends in order, though some take longer', async () => {
    const sent: string[] = [];
    const outbox = new Outbox(async ([{ data }]) => {
      const { name } = data as { name: string };
      await new Promise((resolve) => setTimeout(resolve, name === 'first' ? 20 : 0));
      sent.push(name);
    });
    for (const name of ['first', 'second', 'third']) outbox.send(event(name));
    await outbox.empty();
    expect(sent).toEqual(['first', 'second', 'third']);
  });

  it('sends the steps of half a second together, and before what comes after them', async () => {
    const sent: string[] = [];
    const outbox = new Outbox(async (events) => void sent.push(events.map(nameOf).join(' ')));
    for (const step of [1, 2, 3]) outbox.send(stepped(step));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(sent).toEqual([]);
    while (sent.length < 1) await new Promise((resolve) => setTimeout(resolve, 20));
    outbox.send(stepped(4));
    outbox.send(event('saved'));
    outbox.send(stepped(5));
    await outbox.empty();
    expect(sent).toEqual(['1 2 3', '4 saved', '5']);
  });

  it('throws a failure when it is emptied, not as an unhandled rejection, and publishes nothing behind it', async () => {
    const tried: string[] = [];
    const outbox = new Outbox(async ([{ data }]) => {
      tried.push((data as { name: string }).name);
      throw new Error('the bus is closed');
    });
    outbox.send(event('first'));
    outbox.send(event('second'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await expect(outbox.empty()).rejects.toThrow('the bus is closed');
    expect(tried).toEqual(['first']);
  });
});
