import {
  type Condition,
  findCondition,
  isTrue,
  removeCondition,
  setCondition,
  setReadiness,
} from './conditions';

const MONDAY = new Date('2026-01-05T10:00:00.123Z');
const TUESDAY = new Date('2026-01-06T10:00:00Z');
const ready = {
  type: 'Ready',
  status: 'False',
  reason: 'Waiting',
  message: 'no GPU',
  observedGeneration: 1,
} as const;

describe('setCondition', () => {
  const monday = setCondition(undefined, ready, MONDAY);

  it('adds a condition with the time in seconds, as the API server wants it', () => {
    expect(monday).toEqual([{ ...ready, lastTransitionTime: '2026-01-05T10:00:00Z' }]);
  });

  it('keeps the time while the status stays, and changes it with the status', () => {
    const reworded = setCondition(
      monday,
      { ...ready, message: 'no GPU yet', observedGeneration: 2 },
      TUESDAY,
    );
    expect(reworded).toEqual([
      { ...ready, message: 'no GPU yet', observedGeneration: 2, lastTransitionTime: '2026-01-05T10:00:00Z' },
    ]);
    const changed = setCondition(reworded, { ...ready, status: 'True' }, TUESDAY);
    expect(changed[0].lastTransitionTime).toBe('2026-01-06T10:00:00Z');
  });

  it('returns the same array when nothing changes', () => {
    expect(setCondition(monday, ready, TUESDAY)).toBe(monday);
    expect(removeCondition(monday, 'Other')).toBe(monday);
  });

  it('leaves conditions of others, and their order', () => {
    const others: Condition[] = [
      { type: 'Quota', status: 'True', reason: 'Ok', message: '', lastTransitionTime: 'x' },
      ...monday,
      { type: 'Zone', status: 'Unknown', reason: 'No', message: '', lastTransitionTime: 'y' },
    ];
    const next = setCondition(others, { ...ready, status: 'True' }, TUESDAY);
    expect(next.map(({ type }) => type)).toEqual(['Quota', 'Ready', 'Zone']);
    expect(next[0]).toBe(others[0]);
    expect(isTrue(next, 'Ready')).toBe(true);
    expect(isTrue(next, 'Zone')).toBe(false);
    expect(findCondition(removeCondition(next, 'Ready'), 'Ready')).toBeUndefined();
  });
});

describe('setReadiness', () => {
  const typesOf = (conditions: readonly Condition[]) =>
    Object.fromEntries(conditions.map(({ type, status }) => [type, status]));
  const about = { reason: 'Because', message: 'why', observedGeneration: 3 };

  it('has Reconciling and Stalled only while they are true, which kstatus expects', () => {
    const reconciling = setReadiness(undefined, { state: 'reconciling', ...about }, MONDAY);
    expect(typesOf(reconciling)).toEqual({ Ready: 'False', Reconciling: 'True' });
    const stalled = setReadiness(reconciling, { state: 'stalled', ...about }, TUESDAY);
    expect(typesOf(stalled)).toEqual({ Ready: 'False', Stalled: 'True' });
    expect(findCondition(stalled, 'Ready')?.lastTransitionTime).toBe('2026-01-05T10:00:00Z');
    const current = setReadiness(stalled, { state: 'current', ...about }, TUESDAY);
    expect(typesOf(current)).toEqual({ Ready: 'True' });
    expect(current[0].observedGeneration).toBe(3);
    expect(setReadiness(current, { state: 'current', ...about }, MONDAY)).toBe(current);
  });
});
