/**
 * Devices as a grid. Batches are divided along `data` and `fsdp`; `fsdp` also divides weights, gradients and moments
 * (Zhao et al. 2023, https://arxiv.org/abs/2304.11277); `tensor` divides the heads and the inner width of each layer
 * (Shoeybi et al. 2019, https://arxiv.org/abs/1909.08053).
 */
export interface Mesh {
  readonly data: number;
  readonly fsdp: number;
  readonly tensor: number;
}

export type MeshAxis = keyof Mesh;

/** How an array lies on a mesh: for each of its axes, the axes of the mesh along which it is divided. */
export interface Sharding {
  readonly mesh: Mesh;
  readonly axes: readonly (readonly MeshAxis[])[];
}

export function meshSize({ data, fsdp, tensor }: Mesh): number {
  return data * fsdp * tensor;
}

/** The part of an array that a device holds: `sizes` elements from `starts`, along each axis. */
export interface Block {
  readonly starts: readonly number[];
  readonly sizes: readonly number[];
}

const ORDER: readonly MeshAxis[] = ['data', 'fsdp', 'tensor'];

/** The shape of a mesh for the compiler, the slowest axis first. */
export function meshShape(mesh: Mesh): Record<MeshAxis, number> {
  return Object.fromEntries(ORDER.map((axis) => [axis, mesh[axis]])) as Record<MeshAxis, number>;
}

/** The sizes of a block, which are the same on each device. @throws Error when the mesh does not divide an axis evenly */
export function blockSizes(shape: readonly number[], { mesh, axes }: Sharding): number[] {
  return shape.map((size, axis) => {
    const count = axes[axis].reduce((product, name) => product * mesh[name], 1);
    if (size % count !== 0) throw new Error(`axis ${axis} of [${shape}] cannot be divided by ${count}`);
    return size / count;
  });
}

/** The block of each device of a mesh, in the order of the devices. */
export function blocksOf(shape: readonly number[], sharding: Sharding): Block[] {
  const { mesh, axes } = sharding;
  const sizes = blockSizes(shape, sharding);
  return Array.from({ length: meshSize(mesh) }, (_, device) => {
    const at = coordinates(mesh, device);
    const starts = sizes.map(
      (size, axis) => size * axes[axis].reduce((total, name) => total * mesh[name] + at[name], 0),
    );
    return { starts, sizes };
  });
}

function coordinates(mesh: Mesh, device: number): Record<MeshAxis, number> {
  const { fsdp, tensor } = mesh;
  return {
    tensor: device % tensor,
    fsdp: Math.floor(device / tensor) % fsdp,
    data: Math.floor(device / (tensor * fsdp)),
  };
}

/** Whether two arrays lie in the same way. Null is one whole copy on the first device. */
export function sameSharding(a: Sharding | null, b: Sharding | null): boolean {
  return a === b || (a !== null && b !== null && JSON.stringify(a) === JSON.stringify(b));
}
