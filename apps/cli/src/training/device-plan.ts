import type { MeshOption } from '@open-chatgpt/models';
import type { PipelineConfig } from '@open-chatgpt/pipeline';
import { GPU_TARGETS, type GpuTarget, type Mesh } from '@open-chatgpt/runtime';
import { planDevices, type RankedMesh, type StageOnDevices } from '@open-chatgpt/training';
import { UsageError } from '../exit-codes';
import { modelOnThisMachine } from '../models/model-source';
import { createSideProgress } from '../progress';
import { formatBytes, formatCount, formatNumber } from '../terminal/format';
import { print, printJson } from '../terminal/print';
import { formatTable } from '../terminal/table';
import { ROLE_FIELDS } from './cluster-plan';

export interface Target {
  name: string;
  gpu: GpuTarget;
  devices: number;
}

const MOST_DEVICES = 1024;

/** @param text such as `h200:8` @throws UsageError naming the GPUs there are */
export function parseTarget(text: string): Target {
  const [, name = '', count = '1'] = /^([a-z0-9-]+)(?::(\d{1,4}))?$/.exec(text) ?? [];
  const gpu = Object.hasOwn(GPU_TARGETS, name) ? GPU_TARGETS[name] : undefined;
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
  mesh: MeshOption | 'auto' | null,
  json: boolean,
): Promise<void> {
  const progress = createSideProgress();
  const { stages, compileSeconds } = await planDevices(pipeline, {
    target: gpu,
    devices,
    mesh,
    resolveModel: modelOnThisMachine,
    onStage: (stage) =>
      progress.note(
        `Compiling the step of ${stage} for ${gpu.description}: up to a minute for 7 billion weights`,
      ),
  });
  progress.close();
  if (json) {
    printJson({
      type: 'device-plan',
      name: pipeline.name,
      target: name,
      devices,
      capacity: gpu.memoryBytes,
      compileSeconds,
      stages,
    });
    return;
  }
  print(`${pipeline.name} on ${devices} × ${gpu.description}, ${formatBytes(gpu.memoryBytes)} each\n`);
  for (const { stage, ranking } of stages) if (ranking) print(`${rankingOf(stage, ranking)}\n`);
  const parts = ['weights', 'gradients', 'moments', 'activations', 'in all', 'on the host'];
  const head = ['stage', 'mesh', 'rows × tokens', ...parts];
  print(formatTable([[...head, ''], ...stages.map(memoryRow)]));
  print(
    `\n${formatTable([['what fits', 'gradient checkpointing', 'rows', 'or tokens in a row'], ...stages.flatMap(limitRows)])}\n`,
  );
  for (const plan of stages) for (const line of describeSteps(plan)) print(line);
  for (const plan of stages) if (!plan.fits) print(remedyOf(plan));
  print(`\nIn an RlhfPipeline, the pods are:\n${podsOf(stages)}`);
  print(
    `\nBytes are per GPU, as the compiler counted them, and on the host what is offloaded (${formatNumber(compileSeconds)} s of compiling; no GPU was needed). What fits ` +
      'follows from how they grow with the tokens. Times are the least possible: products at the peak rate of the GPU, collectives at ' +
      'the rate of the links within a host.',
  );
}

function memoryRow({ stage, mesh, rows, length, bytes, total, host, fits }: StageOnDevices): string[] {
  const { weights, gradients, moments, activations } = bytes;
  return [
    stage,
    formatMesh(mesh),
    `${rows} × ${length}`,
    ...[weights, gradients, moments, activations, total, host.weights + host.moments].map(formatBytes),
    fits ? 'fits' : 'does not fit',
  ];
}

function limitRows({ stage, limits }: StageOnDevices): string[][] {
  const row = (title: string, { rows, length }: StageOnDevices['limits']['whole']) => [
    stage,
    title,
    formatCount(rows),
    formatCount(length),
  ];
  return [row('with', limits.checkpointing), row('without', limits.whole)];
}

function formatMesh(mesh: Mesh): string {
  const axes = Object.entries(mesh).filter(([, size]) => size > 1);
  return axes.map(([axis, size]) => `${axis} ${size}`).join(' × ') || 'one';
}

function rankingOf(stage: string, ranking: readonly RankedMesh[]): string {
  const rows = ranking.map(({ mesh, total, fits, seconds, skipped }) => [
    formatMesh(mesh),
    total === null ? '' : formatBytes(total),
    seconds === null ? '' : `${formatNumber(seconds)} s`,
    skipped === null ? (fits ? 'fits' : 'does not fit') : `not compiled: ${skipped}`,
  ]);
  return formatTable([[`meshes for ${stage}`, 'in all', 'least time', ''], ...rows]);
}

function describeSteps({ stage, steps }: StageOnDevices): string[] {
  return steps.map(({ scalarHead, step }) => {
    const kinds = Object.entries(step.collectives).map(
      ([kind, { count, bytes }]) => `${count} ${kind} with ${formatBytes(bytes)}`,
    );
    const { products, collectives } = step.seconds;
    const title = scalarHead && steps.length > 1 ? `${stage} (value model)` : stage;
    return (
      `${title}: a pass takes ${formatNumber(step.flops / 1e12)} TFLOP on a GPU, at least ${formatNumber(products)} s; ` +
      `the GPUs exchange ${kinds.join(', ') || 'nothing'}, at least ${formatNumber(collectives)} s`
    );
  });
}

function remedyOf({ stage, total, change }: StageOnDevices): string {
  if (change) {
    const host = change.host.weights + change.host.moments;
    const onHost = host > 0 ? `, and ${formatBytes(host)} of the memory of each host` : '';
    return (
      `${stage} does not fit: it takes ${formatBytes(total)}. It fits with ${change.settings.join(' and ')}, which takes ` +
      `${formatBytes(change.total)}${onHost}`
    );
  }
  return `${stage} does not fit: it takes ${formatBytes(total)}. No change of the settings was found that fits: take a smaller model`;
}

/** `stagePods` of an RlhfPipeline; a mapping in braces is YAML too. */
function podsOf(stages: readonly StageOnDevices[]): string {
  const lines = stages.flatMap(({ stage, pods: processes }) => [
    `  ${stage}:`,
    ...processes.map(({ role, pods, gpus, requests }) => {
      const settings = { [role === 'trainer' ? 'ranks' : 'replicas']: pods, gpus, resources: { requests } };
      return `    ${ROLE_FIELDS[role]}: ${JSON.stringify(settings)}`;
    }),
  ]);
  return ['stagePods:', ...lines].join('\n');
}
