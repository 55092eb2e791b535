import type { MeshOption } from '@open-chatgpt/models';
import type { PipelineConfig } from '@open-chatgpt/pipeline';
import { GPU_TARGETS, type GpuTarget } from '@open-chatgpt/runtime';
import { planDevices, type TrainedOnDevices } from '@open-chatgpt/training';
import { UsageError } from '../exit-codes';
import { modelOnThisMachine } from '../models/model-source';
import { formatBytes, formatCount, formatNumber } from '../terminal/format';
import { print, printJson } from '../terminal/print';
import { formatTable } from '../terminal/table';

export interface Target {
  name: string;
  gpu: GpuTarget;
  devices: number;
}

const MOST_DEVICES = 1024;

/** @param text such as `h200:8` @throws UsageError naming the GPUs there are */
export function parseTarget(text: string): Target {
  const [, name = '', count = '1'] = /^([a-z0-9-]+)(?::(\d{1,4}))?$/.exec(text) ?? [];
  const gpu = GPU_TARGETS[name];
  const devices = Number(count);
  if (!gpu)
    throw new UsageError(
      `--target ${text}: expected ${Object.keys(GPU_TARGETS).join(', ')} with a number, such as h200:8`,
    );
  if (devices < 1 || devices > MOST_DEVICES || (devices > 8 && devices % 8 !== 0))
    throw new UsageError(
      `--target ${text}: expected 1 to 8 GPUs of one host, or a multiple of 8 up to ${MOST_DEVICES}`,
    );
  return { name, gpu, devices };
}

/** Compiles the steps of a pipeline for GPUs, and prints what each of them would need. */
export async function printDevicePlan(
  pipeline: PipelineConfig,
  { name, gpu, devices }: Target,
  mesh: MeshOption | null,
  json: boolean,
): Promise<void> {
  const stages = await planDevices(pipeline, {
    target: gpu,
    devices,
    mesh,
    resolveModel: modelOnThisMachine,
  });
  if (json) {
    printJson({
      type: 'device-plan',
      name: pipeline.name,
      target: name,
      devices,
      capacity: gpu.memoryBytes,
      stages,
    });
    return;
  }
  print(`${pipeline.name} on ${devices} × ${gpu.description}, ${formatBytes(gpu.memoryBytes)} each\n`);
  const head = [
    'stage',
    'mesh',
    'rows × tokens',
    'weights',
    'gradients',
    'moments',
    'activations',
    'in all',
    'rows that fit',
  ];
  print(formatTable([head, ...stages.map((plan) => memoryRow(plan))]));
  print('');
  for (const plan of stages) print(describeStep(plan));
  const seconds = stages.reduce((total, { step }) => total + step.compileSeconds, 0);
  print(
    `\nBytes are per GPU, as the compiler counted them (${formatNumber(seconds)} s of compiling; no GPU was needed). Times are the least ` +
      'possible: products at the peak rate of the GPU, collectives at the rate of the links within a host.',
  );
  for (const plan of stages) if (!plan.fits) print(remedyOf(plan, gpu));
}

function memoryRow({ step, rows, length, total, mostRows, ...plan }: TrainedOnDevices): string[] {
  const { weights, gradients, moments, activations } = step.bytes;
  const axes = Object.entries(step.mesh).filter(([, size]) => size > 1);
  return [
    titleOf(plan),
    axes.map(([axis, size]) => `${axis} ${size}`).join(' × ') || 'one',
    `${rows} × ${length}`,
    ...[weights, gradients, moments, activations, total].map(formatBytes),
    plan.fits ? formatCount(mostRows) : 'none',
  ];
}

const titleOf = ({ stage, scalarHead, model }: Pick<TrainedOnDevices, 'stage' | 'scalarHead' | 'model'>) =>
  model > 0 && scalarHead ? `${stage} (value model)` : stage;

function describeStep({ step, ...plan }: TrainedOnDevices): string {
  const kinds = Object.entries(step.collectives).map(
    ([kind, { count, bytes }]) => `${count} ${kind} with ${formatBytes(bytes)}`,
  );
  const { products, collectives } = step.seconds;
  return (
    `${titleOf(plan)}: a pass takes ${formatNumber(step.flops / 1e12)} TFLOP on a GPU, at least ${formatNumber(products)} s; ` +
    `the GPUs exchange ${kinds.join(', ') || 'nothing'}, at least ${formatNumber(collectives)} s`
  );
}

function remedyOf(plan: TrainedOnDevices, gpu: GpuTarget): string {
  const { gradients, moments, weights } = plan.step.bytes;
  const fixed = weights + gradients + moments;
  const { stage } = plan;
  return fixed > gpu.memoryBytes
    ? `${stage} does not fit: weights, gradients and moments alone take ${formatBytes(fixed)}. Use more GPUs, mesh {preset: zero3}, or lora`
    : `${stage} does not fit: activations take ${formatBytes(plan.step.bytes.activations)}. Set gradientCheckpointing, bf16, fewer rows ` +
        '(perDeviceTrainBatchSize) or a smaller maxLength';
}
