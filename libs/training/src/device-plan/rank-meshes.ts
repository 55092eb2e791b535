import type { MeshOption } from '@open-chatgpt/models';
import { leastSeconds, measure, type StepCompiler } from './measure';
import { type MeshCandidate, meshCandidates } from './meshes';
import type { StageShape } from './stage-shape';

/** A mesh with what a stage takes on it; null where it was not compiled. */
export interface RankedMesh extends MeshCandidate {
  total: number | null;
  fits: boolean;
  /** The least possible seconds of one pass of each trained model. */
  seconds: number | null;
}

export interface RankOptions {
  compiler: StepCompiler;
  capacity: number;
  /** Seconds of this process's CPU time, after which no further mesh is compiled. */
  budget: number;
}

/**
 * Compiles a stage on the meshes of its devices, and ranks them: those that fit first, then by the least possible seconds. Those that were
 * not compiled come last and say why.
 */
export function rankMeshes(shape: StageShape, { compiler, capacity, budget }: RankOptions): RankedMesh[] {
  const started = cpuSeconds();
  const ranked = meshCandidates(shape, capacity).map(({ mesh, skipped }): RankedMesh => {
    const late = cpuSeconds() - started > budget ? `${budget} s of compiling were over` : null;
    const reason = skipped ?? late;
    if (reason !== null) return { mesh, skipped: reason, total: null, fits: false, seconds: null };
    const measured = measure(compiler, { ...shape, mesh });
    const { total } = measured;
    return { mesh, skipped: null, total, fits: total <= capacity, seconds: leastSeconds(measured) };
  });
  const order = ({ fits, seconds }: RankedMesh) => (seconds === null ? Infinity : seconds + (fits ? 0 : 1e9));
  return ranked.toSorted((a, b) => Math.sign(order(a) - order(b)) || 0);
}

/** The mesh to take: the first of the ranking, or the division of everything where none was compiled. */
export const bestMesh = ([first]: readonly RankedMesh[]): MeshOption =>
  first.seconds === null ? { preset: 'zero3' } : first.mesh;

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
