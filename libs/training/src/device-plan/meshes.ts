import { meshOf } from '@open-chatgpt/models';
import type { Mesh } from '@open-chatgpt/runtime';
import { residentOf, totalBytes } from './measure';
import type { StageShape } from './stage-shape';

/** GPUs of a host: the axis `tensor` exchanges in each layer, which is slow between hosts. */
const HOST = 8;

/** The axes of the mesh of a stage. */
export function meshDevices({ mesh, devices }: Pick<StageShape, 'mesh' | 'devices'>): Mesh {
  return meshOf(mesh, devices);
}

/** A mesh to try, or why it is left out. */
export interface MeshCandidate {
  mesh: Mesh;
  skipped: string | null;
}

/** All meshes of the devices of a stage, those first that exchange the least: few parts of a layer, then few parts of weights. */
export function meshCandidates(shape: StageShape, capacity: number): MeshCandidate[] {
  const { devices, config, rows } = shape;
  const candidates: MeshCandidate[] = [];
  for (const tensor of divisors(devices).filter((size) => size <= HOST))
    for (const fsdp of divisors(devices / tensor)) {
      const mesh = { data: devices / tensor / fsdp, fsdp, tensor };
      if (config.numAttentionHeads % tensor !== 0 || config.numKeyValueHeads % tensor !== 0) continue;
      candidates.push({ mesh, skipped: skippedBecause({ ...shape, mesh }, rows, capacity) });
    }
  return candidates;
}

function skippedBecause(shape: StageShape, rows: number, capacity: number): string | null {
  const { data, fsdp } = meshDevices(shape);
  if (rows % (data * fsdp) !== 0) return `${data * fsdp} does not divide ${rows} rows`;
  return totalBytes(shape, residentOf(shape), 0) > capacity
    ? 'weights, gradients and moments do not fit'
    : null;
}

const divisors = (count: number): number[] =>
  Array.from({ length: count }, (_, index) => index + 1).filter((size) => count % size === 0);
