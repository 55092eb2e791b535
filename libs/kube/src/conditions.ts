/** A condition of a status, as `metav1.Condition`. */
export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  /** One word in PascalCase, for programs. */
  reason: string;
  /** For people. */
  message: string;
  /** When `status` last changed. */
  lastTransitionTime: string;
  /** The generation of the spec that the condition is about. */
  observedGeneration?: number;
}

export type NewCondition = Omit<Condition, 'lastTransitionTime'>;
type Conditions = readonly Condition[];

/**
 * Sets one condition and leaves the others. `lastTransitionTime` changes only with the status. Returns the same array when
 * nothing changes, so that a status is written only when it says something new.
 */
export function setCondition(
  conditions: Conditions | undefined,
  next: NewCondition,
  now = new Date(),
): readonly Condition[] {
  const before = findCondition(conditions, next.type);
  const lastTransitionTime =
    before?.status === next.status ? before.lastTransitionTime : now.toISOString().replace(/\.\d+Z/, 'Z');
  const after: Condition = { ...next, lastTransitionTime };
  if (!before) return [...(conditions ?? []), after];
  if (
    before.status === after.status &&
    before.reason === after.reason &&
    before.message === after.message &&
    before.observedGeneration === after.observedGeneration
  )
    return conditions!;
  return conditions!.map((condition) => (condition === before ? after : condition));
}

/** Leaves one condition out. Returns the same array when it was not there. */
export function removeCondition(conditions: Conditions | undefined, type: string): readonly Condition[] {
  if (!conditions) return [];
  return findCondition(conditions, type) ? conditions.filter((other) => other.type !== type) : conditions;
}

export function findCondition(conditions: Conditions | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function isTrue(conditions: Conditions | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True';
}

export interface Readiness {
  /** `current`: as the spec asks for. `reconciling`: on the way. `stalled`: will not get there without help. */
  state: 'current' | 'reconciling' | 'stalled';
  reason: string;
  message: string;
  observedGeneration: number;
}

/**
 * Sets what kstatus reads (`kubectl wait`, Argo CD, Flux, Helm): `Ready` always, `Reconciling` and `Stalled` only while
 * they are true. kstatus also compares `status.observedGeneration` with `metadata.generation`: set it as well.
 */
export function setReadiness(
  conditions: Conditions | undefined,
  { state, ...details }: Readiness,
  now = new Date(),
): readonly Condition[] {
  let next = setCondition(
    conditions,
    { type: 'Ready', status: state === 'current' ? 'True' : 'False', ...details },
    now,
  );
  for (const [type, holds] of [
    ['Reconciling', state === 'reconciling'],
    ['Stalled', state === 'stalled'],
  ] as const)
    next = holds
      ? setCondition(next, { type, status: 'True', ...details }, now)
      : removeCondition(next, type);
  return next;
}
