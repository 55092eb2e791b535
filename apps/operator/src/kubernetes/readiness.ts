/** The state of `Ready`, `Reconciling` and `Stalled` for a resource that is worked on until it completes or fails. */
export function readinessOf(phase: string, reason: string): 'current' | 'stalled' | 'reconciling' {
  if (phase === 'Complete' || reason === 'Suspended') return 'current';
  return phase === 'Failed' ? 'stalled' : 'reconciling';
}
