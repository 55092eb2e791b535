import type { PlannedRun } from './load-pipeline';

export async function printDryRun(_run: PlannedRun, _json: boolean): Promise<void> {}
