export { AdamW, type AdamWOptions } from './optimizer/adamw';
export { clipCoefficient, GradientNorm } from './optimizer/gradient-norm';
export { setThreads } from './ort/environment';
export { Arena } from './parameters/arena';
export { type Parameter, type ParameterSpec, ParameterStore } from './parameters/parameter-store';
export { GradientProgram } from './program/gradient-program';
export { type Arrays, Program } from './program/program';
export { BoundRun, Session } from './session';
export { allocate, Tensor } from './tensor';
