import fc from 'fast-check';
import { createLedger, type Ledger } from '.';
import { IdRanges } from './id-ranges';

function withSamples(...ids: number[]): Ledger {
  const ledger = createLedger();
  for (const id of ids) ledger.generated(id);
  return ledger;
}

describe('the ledger', () => {
  it('accounts for every sample', () => {
    const ledger = withSamples(0, 1, 2, 3);
    ledger.trained(0);
    ledger.dropped(2, 'empty response');
    ledger.dropped(3, 'empty response');
    expect(ledger.report()).toEqual({ generated: 4, trained: 1, dropped: { 'empty response': 2 }, open: 1 });
    expect(ledger.open()).toEqual([1]);
    expect(ledger.dropOpen('stopped')).toBe(1);
    expect(ledger.report()).toEqual({
      generated: 4,
      trained: 1,
      dropped: { 'empty response': 2, stopped: 1 },
      open: 0,
    });
  });

  it.each<[string, (ledger: Ledger) => void, string]>([
    ['generating twice', (l) => l.generated(1), 'sample 1 was generated before'],
    ['generating what is closed', (l) => l.generated(0), 'sample 0 was generated before'],
    ['training twice', (l) => l.trained(0), 'sample 0 cannot be trained: it was trained or dropped before'],
    ['dropping what was trained', (l) => l.dropped(0, 'x'), 'sample 0 cannot be dropped: it was trained'],
    ['training the unknown', (l) => l.trained(9), 'sample 9 cannot be trained: it was never generated'],
    ['dropping without a reason', (l) => l.dropped(1, ''), 'without a reason'],
    ['an id that is none', (l) => l.generated(0.5), 'expected a whole number of at least 0'],
  ])('refuses %s and stays as it was', (_, act, message) => {
    const ledger = withSamples(0, 1);
    ledger.trained(0);
    const before = ledger.state();
    expect(() => act(ledger)).toThrow(message);
    expect(ledger.state()).toEqual(before);
  });

  it('keeps its balance and its memory through any course of events and restores', () => {
    const step = fc.tuple(fc.constantFrom('generated', 'trained', 'dropped', 'restore'), fc.nat(12));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let ledger = createLedger();
        const fate = new Map<number, string>();
        for (const [action, id] of steps) {
          if (action === 'restore') {
            ledger = createLedger(JSON.parse(JSON.stringify(ledger.state())));
            continue;
          }
          const allowed = action === 'generated' ? !fate.has(id) : fate.get(id) === 'generated';
          const act = () =>
            action === 'dropped' ? ledger.dropped(id, 'why') : ledger[action as 'trained'](id);
          if (!allowed) expect(act).toThrow('ledger: ');
          else {
            act();
            fate.set(id, action);
          }
          const { generated, trained, dropped, open } = ledger.report();
          expect(generated).toBe(fate.size);
          expect(generated).toBe(trained + (dropped['why'] ?? 0) + open);
          expect(trained).toBe([...fate.values()].filter((f) => f === 'trained').length);
        }
      }),
    );
  });

  it('stays small over a long run', () => {
    const ledger = createLedger();
    for (let id = 0; id < 20_000; id++) {
      ledger.generated(id);
      ledger.trained(id);
    }
    expect(JSON.stringify(ledger.state()).length).toBeLessThan(100);
  });

  it.each([
    ['nonsense', 'x', /damaged or from another version/],
    [
      'counts that do not add up',
      { trained: 2, dropped: {}, open: [], closed: [[0, 0]] },
      /1 samples are closed, but 2/,
    ],
    [
      'overlapping ranges',
      {
        trained: 4,
        dropped: {},
        open: [],
        closed: [
          [0, 1],
          [1, 2],
        ],
      },
      /listed twice/,
    ],
    ['open and closed at once', { trained: 1, dropped: {}, open: [0], closed: [[0, 0]] }, /listed twice/],
    ['negative counts', { trained: -1, dropped: {}, open: [], closed: [] }, /damaged/],
  ])('refuses a state with %s', (_, state, message) => {
    expect(() => createLedger(state as never)).toThrow(message);
  });
});

describe('ranges of ids', () => {
  it('hold what a set holds, joined', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30)), (ids) => {
        const ranges = new IdRanges();
        for (const id of ids) ranges.add(id);
        const set = new Set(ids);
        for (let id = 0; id <= 31; id++) expect(ranges.has(id)).toBe(set.has(id));
        expect(ranges.size).toBe(set.size);
        const json = ranges.toJSON();
        for (let i = 1; i < json.length; i++) expect(json[i][0]).toBeGreaterThan(json[i - 1][1] + 1);
      }),
    );
  });
});
