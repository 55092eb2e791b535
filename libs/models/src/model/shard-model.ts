import {
  currentDevice,
  deviceCount,
  type Mesh,
  type MeshAxis,
  meshSize,
  type ParameterShardings,
  type ParameterSpec,
  type Sharding,
} from '@open-chatgpt/runtime';
import type { ModelConfig } from '../config/model-config';
import { type Model, storesOf } from './model';
import type { OffloadOption } from './offload-model';

/**
 * Whole weights on every device (`ddp`), or divided as the stages of ZeRO (Rajbhandari et al. 2020,
 * https://arxiv.org/abs/1910.02054): moments, then gradients too, then weights too.
 */
export type MeshPreset = 'ddp' | 'zero1' | 'zero2' | 'zero3';

/** What the axis `fsdp` divides, by default everything (`zero3`), and the sizes of the axes; without any, all devices. */
export interface MeshOption {
  preset?: MeshPreset;
  data?: number | null;
  fsdp?: number | null;
  tensor?: number | null;
}

interface Division {
  mesh: Mesh;
  /** What the axis `fsdp` divides. */
  divided: { weights: boolean; gradients: boolean; moments: boolean };
}

const LEVEL: Record<MeshPreset, number> = { ddp: 0, zero1: 1, zero2: 2, zero3: 3 };

/**
 * Divides the weights of a model, its gradients and the moments of its optimizer over the devices of this process. Call it
 * before programs and the optimizer are made.
 * @throws Error when the mesh needs other devices than there are, or does not divide the heads of the model
 */
export function shardModel(model: Model, option: MeshOption): void {
  const shardings = shardingsOf(model.config, option, deviceCount());
  for (const store of storesOf(model)) store.shard(shardings.of);
}

/** How the parameters of a model lie on a mesh. */
export interface ModelShardings {
  mesh: Mesh;
  of(parameter: Pick<ParameterSpec, 'name' | 'shape'>): ParameterShardings;
}

/** The axes of a mesh. @throws Error when it needs more than `devices` */
export function meshOf(option: MeshOption, devices: number): Mesh {
  return resolve(option, devices).mesh;
}

/** @throws Error when the mesh needs more than `devices`, or does not divide the heads of the model */
export function shardingsOf(config: ModelConfig, option: MeshOption, devices: number): ModelShardings {
  const { mesh, divided } = resolve(option, devices);
  checkHeads(config, mesh);
  const place = (name: string, shape: readonly number[], byFsdp: boolean): Sharding => ({
    mesh,
    axes: axesOf(name, shape, byFsdp ? mesh : { ...mesh, fsdp: 1 }),
  });
  return {
    mesh,
    of: ({ name, shape }) => ({
      weights: place(name, shape, divided.weights),
      gradients: place(name, shape, divided.gradients),
      moments: place(name, shape, divided.moments),
    }),
  };
}

/** The settings of a stage that depend on its devices. */
export interface DeviceSettings extends Partial<OffloadOption> {
  mesh: MeshOption | null;
  bf16?: boolean;
  gradientCheckpointing?: boolean;
}

/**
 * Checks before anything is loaded that this process has the devices that a stage needs.
 * @param stage its name, for the error
 * @throws Error naming the setting, the numbers and the remedy
 */
export function checkDevices(stage: string, settings: DeviceSettings): void {
  const { bf16, offloadOptimizer, offloadParam } = settings;
  const wanted = { bf16, offloadOptimizer: offloadOptimizer === 'cpu', offloadParam: offloadParam === 'cpu' };
  for (const [field, set] of Object.entries(wanted))
    if (set && currentDevice().engine !== 'xla')
      throw new Error(
        `${stage}.${field}: needs a device of XLA; set OPEN_CHATGPT_DEVICE, such as xla:cpu or cuda, or leave ${field} out`,
      );
  checkOffload(stage, settings);
  if (!settings.mesh) return;
  try {
    resolve(settings.mesh, deviceCount());
  } catch (error) {
    throw new Error(`${stage}.${(error as Error).message}`);
  }
}

/** @throws Error where weights are in the memory of the host and a program reads those of all layers */
export function checkOffload(
  stage: string,
  { offloadParam, gradientCheckpointing }: Pick<DeviceSettings, 'offloadParam' | 'gradientCheckpointing'>,
): void {
  if (offloadParam !== 'cpu' || gradientCheckpointing) return;
  throw new Error(
    `${stage}.offloadParam: the weights come to the device one layer at a time, as gradientCheckpointing computes; set ` +
      'gradientCheckpointing: true, or leave offloadParam out',
  );
}

/** How an input of a batch lies on the mesh of a model: its rows are divided. Null where the batch is whole. */
export function batchSharding(
  model: Model,
  rows: { batch: number; length: number },
): ((shape: readonly number[]) => Sharding | null) | undefined {
  const mesh = storesOf(model).find((store) => store.mesh)?.mesh;
  return mesh ? rowSharding(mesh, rows) : undefined;
}

/** Parts of the rows of a batch, one on each device; 1 where the devices do not divide them and each computes all. */
export function rowParts({ data, fsdp }: Mesh, batch: number): number {
  return batch % (data * fsdp) === 0 ? data * fsdp : 1;
}

/** Divides arrays with a row for each row or token of a batch. */
export function rowSharding(
  mesh: Mesh,
  { batch, length }: { batch: number; length: number },
): (shape: readonly number[]) => Sharding | null {
  const divisible = rowParts(mesh, batch) === mesh.data * mesh.fsdp;
  const sizes = [batch, batch * length];
  const axes: readonly MeshAxis[] = ['data', 'fsdp'];
  return (shape) =>
    divisible && sizes.includes(shape[0])
      ? { mesh, axes: shape.map((_, axis) => (axis === 0 ? axes : [])) }
      : null;
}

function resolve({ preset = 'zero3', data, fsdp, tensor }: MeshOption, devices: number): Division {
  const level = LEVEL[preset];
  const divided = { weights: level >= 3, gradients: level >= 2, moments: level >= 1 };
  if (!data && !fsdp && !tensor) {
    const [one, all] = [{ data: 1, fsdp: 1, tensor: 1 }, devices];
    return { mesh: level === 0 ? { ...one, data: all } : { ...one, fsdp: all }, divided };
  }
  const mesh = { data: data ?? 1, fsdp: fsdp ?? 1, tensor: tensor ?? 1 };
  const needed = meshSize(mesh);
  if (needed > devices) {
    const sizes = `data ${mesh.data} × fsdp ${mesh.fsdp} × tensor ${mesh.tensor}`;
    throw new Error(
      `mesh: ${sizes} needs ${needed} devices and there are ${devices}; set OPEN_CHATGPT_DEVICE, such as xla:cpu:${needed}, or a ` +
        'smaller mesh',
    );
  }
  return { mesh, divided };
}

function checkHeads({ numAttentionHeads, numKeyValueHeads }: ModelConfig, { tensor }: Mesh): void {
  if (numAttentionHeads % tensor === 0 && numKeyValueHeads % tensor === 0) return;
  throw new Error(
    `mesh: tensor ${tensor} does not divide the ${numAttentionHeads} heads and ${numKeyValueHeads} key heads of the model`,
  );
}

/** Modules whose outputs are divided between devices, and those that sum over divided inputs. */
const COLUMNS = /\b(q_proj|k_proj|v_proj|gate_proj|up_proj|fc1|lm_head|embed_tokens)\b/;
const ROWS = /\b(o_proj|down_proj|out_proj|fc2)\b/;

/** Weights are [out, in]; a LoRA adapter follows the side of its module that is divided. */
function tensorAxis(name: string, rank: number): number | null {
  if (COLUMNS.test(name)) return name.includes('lora_A') ? null : 0;
  if (ROWS.test(name)) return rank === 2 && !name.includes('lora_B') ? 1 : null;
  return null;
}

/** The axes of a parameter that the axes `tensor` and `fsdp` of a mesh divide. What they do not divide evenly stays whole. */
function axesOf(name: string, shape: readonly number[], { fsdp, tensor }: Mesh): MeshAxis[][] {
  const axes = shape.map((): MeshAxis[] => []);
  const sizes = [...shape];
  const divide = (axis: number, by: MeshAxis, count: number): boolean => {
    if (count === 1 || sizes[axis] % count !== 0) return false;
    axes[axis].push(by);
    sizes[axis] /= count;
    return true;
  };
  const column = tensorAxis(name, shape.length);
  if (column !== null) divide(column, 'tensor', tensor);
  // The axis that is still whole comes first.
  const order = shape.map((_, axis) => axis).sort((a, b) => axes[a].length - axes[b].length);
  order.some((axis) => divide(axis, 'fsdp', fsdp));
  return axes;
}
