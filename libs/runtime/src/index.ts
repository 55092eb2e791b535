export { AdamW, type AdamWOptions, type AdamWStep } from './optimizer/adamw';
export { clipCoefficient, GradientNorm } from './optimizer/gradient-norm';
export { environment, setThreads } from './ort/environment';
export { Arena } from './parameters/arena';
export {
  type Parameter,
  type ParameterSpec,
  ParameterStore,
  type TrainableGroup,
} from './parameters/parameter-store';
export { GradientProgram, type GradientProgramOptions } from './program/gradient-program';
export { type Arrays, Program, type ProgramOptions } from './program/program';
export { scatterAdd } from './program/scatter-add';
export { BoundRun, Session } from './session';
export { allocate, Tensor } from './tensor';
