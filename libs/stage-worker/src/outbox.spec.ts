import { Outbox } from './outbox';
import type { Told } from './run-events';

const event = (name: string): Told => ({
  type: 'alarm.raised',
  data: { name, severity: 'info', message: name, details: {} },
});

describe('Outbox', () => {
  it('sends in order, though some take longer', async () => {
    const sent: string[] = [];
    const outbox = new Outbox(async ({ data }) => {
      const { name } = data as { name: string };
      await new Promise((resolve) => setTimeout(resolve, name === 'first' ? 20 : 0));
      sent.push(name);
    });
    for (const name of ['first', 'second', 'third']) outbox.send(event(name));
    await outbox.empty();
    expect(sent).toEqual(['first', 'second', 'third']);
  });

  it('tells of a failure at the end, not as an unhandled rejection, and sends nothing behind it', async () => {
    const tried: string[] = [];
    const outbox = new Outbox(async ({ data }) => {
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
