export { automaticGradients, checkGradient, type GradientCheck } from './check-gradient';
export { type ClosenessOptions, expectClose, relativeError } from './expect-close';
export { type GoldenTensor, goldenFloats, goldenIntegers, readGolden, withPrefix } from './golden';
export { graphErrorOf } from './graph-error-of';
export { declareInputs, type InputSpec, type Inputs, runGraph } from './run-graph';
export { testValues } from './test-values';
export { tinyPipeline, tinyRows } from './tiny-pipeline';
