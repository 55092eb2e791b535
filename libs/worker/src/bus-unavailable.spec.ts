import { BusUnavailable, withinPatience } from './bus-unavailable';

describe('publishing within the patience of an attempt', () => {
  const never = () => new Promise<void>(() => undefined);
  const noLeader = () => Promise.reject(new Error('no leader'));
  const cases: [string, () => Promise<void>, number, string][] = [
    ['takes too long', never, 10, 'bus: the events of the run were not accepted within 0.01 s'],
    ['fails', noLeader, 60_000, 'bus: no leader'],
  ];
  it.each(cases)('names the bus when it %s', async (_, publish, patienceMs, message) => {
    const published = withinPatience(publish(), patienceMs);
    await expect(published).rejects.toBeInstanceOf(BusUnavailable);
    await expect(published).rejects.toThrow(message);
  });

  it('ends when everything is published', async () => {
    await expect(withinPatience(Promise.resolve(), 60_000)).resolves.toBeUndefined();
  });
});
