/** Names and sizes of the axes of a mesh of devices. The last axis varies fastest over the numbers of the devices. */
export type MeshShape = Readonly<Record<string, number>>;

/** For each axis of an array, the axes of the mesh along which it is divided; none where it is whole. */
export type ArraySharding = readonly (readonly string[])[];

/** `sdy.mesh @mesh = <["data"=2, "tensor"=4]>` (https://openxla.org/shardy/sdy_dialect). */
export function meshText(mesh: MeshShape): string {
  const axes = Object.entries(mesh).map(([axis, size]) => `"${axis}"=${size}`);
  return `sdy.mesh @mesh = <[${axes.join(', ')}]>`;
}

/** The sharding of one argument or result as an attribute. */
export function shardingText(sharding: ArraySharding): string {
  return `sdy.sharding = #sdy.sharding<@mesh, [${axesText(sharding)}]>`;
}

/** The axes of a mesh for each axis of an array. */
export function axesText(sharding: ArraySharding): string {
  return sharding.map((names) => `{${names.map((name) => `"${name}"`).join(', ')}}`).join(', ');
}
