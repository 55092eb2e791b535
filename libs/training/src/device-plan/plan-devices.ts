import { AheadCompiler, checkOffload, type MeshOption, type TokenBytes } from '@open-chatgpt/models';
import {
  type GpuProcess,
  type PipelineConfig,
  planGpuProcesses,
  type StageConfig,
} from '@open-chatgpt/pipeline';
import { type GpuTarget, meshSize } from '@open-chatgpt/runtime';
import { type Change, changeThatFits } from './change-that-fits';
import { type Limit, limitsOf } from './limits';
import { type Measured, measure, tokenBytesOf } from './measure';
import { meshDevices } from './meshes';
import { configOf } from './model-config';
import { bestMesh, type RankedMesh, rankMeshes } from './rank-meshes';
import { type StageShape, shapeOnDevices } from './stage-shape';

/** What a stage needs on each of the GPUs: all its models together. */
export interface StageOnDevices extends Measured {
  stage: string;
  mesh: ReturnType<typeof meshDevices>;
  /** Rows of one pass, and their tokens. */
  rows: number;
  length: number;
  gradientCheckpointing: boolean;
  fits: boolean;
  /** What fits with and without gradient checkpointing. */
  limits: Record<keyof TokenBytes, Limit>;
  /** What to change where it does not fit; null where it fits, or where no change was found. */
  change: Change | null;
  /** Of `mesh: auto`. */
  ranking: readonly RankedMesh[] | null;
  /** What its pods ask for in a cluster. */
  pods: GpuProcess[];
}

export interface DevicePlan {
  stages: StageOnDevices[];
  /** That the compiler has worked. */
  compileSeconds: number;
}

export interface DevicePlanOptions {
  target: GpuTarget;
  devices: number;
  /** In place of what the stages say; `auto` tries them all and takes the best. */
  mesh: MeshOption | 'auto' | null;
  /** The path of a model on this machine; null where it is not here. */
  resolveModel: (reference: string) => Promise<string | null>;
  /** Called before the step of a stage is compiled. */
  onStage?: (name: string) => void;
}

/** Seconds of CPU time to try meshes in, for each stage: one minute of two cores. */
const RANK_SECONDS = 120;

/**
 * Compiles the training steps of a pipeline for GPUs that are not here, and says what each GPU would need. Reads the
 * configuration of the model, no weights and no data.
 * @throws Error naming the stage
 */
export async function planDevices(pipeline: PipelineConfig, options: DevicePlanOptions): Promise<DevicePlan> {
  const { target, devices, mesh } = options;
  const compiler = new AheadCompiler(target);
  const stages: StageOnDevices[] = [];
  for (const stage of pipeline.stages) {
    checkOffload(stage.name, stage.with);
    const config = await configOf(pipeline, stage, options.resolveModel);
    const shape = shapeOnDevices(pipeline, stage, { config, mesh: mesh === 'auto' ? null : mesh, devices });
    options.onStage?.(stage.name);
    const plan = named(stage, () => planStage(stage, shape, compiler, { target, auto: mesh === 'auto' }));
    const pods = planGpuProcesses(pipeline, stage, { shape: config, devices: meshSize(plan.mesh) });
    stages.push({ ...plan, pods });
  }
  return { stages, compileSeconds: compiler.seconds };
}

function planStage(
  { name }: StageConfig,
  given: StageShape,
  compiler: AheadCompiler,
  { target: { memoryBytes: capacity }, auto }: { target: GpuTarget; auto: boolean },
): Omit<StageOnDevices, 'pods'> {
  const ranking = auto ? rankMeshes(given, { compiler, capacity, budget: RANK_SECONDS }) : null;
  const shape = ranking ? { ...given, mesh: bestMesh(ranking) } : given;
  const mesh = meshDevices(shape);
  const measured = measure(compiler, shape);
  const fits = measured.total <= capacity;
  const tokenBytes = tokenBytesOf(compiler, shape);
  return {
    stage: name,
    mesh,
    rows: shape.rows,
    length: shape.length,
    gradientCheckpointing: shape.gradientCheckpointing,
    ...measured,
    fits,
    limits: limitsOf(shape, { tokenBytes, parts: mesh.data * mesh.fsdp, capacity }),
    change: fits ? null : changeThatFits(shape, { tokenBytes, capacity, compiler }),
    ranking,
  };
}

function named<T>({ name }: StageConfig, compile: () => T): T {
  try {
    return compile();
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
  }
}
