export { automaticGradients, checkGradient } from './check-gradient';
export { expectClose } from './expect-close';
export { expectLinearTime } from './expect-linear-time';
export { type GoldenTensor, goldenFloats, goldenIntegers, readGolden, withPrefix } from './golden';
export { graphErrorOf } from './graph-error-of';
export { declareInputs, type InputSpec, runGraph } from './run-graph';
export { testValues } from './test-values';
export { tinyPipeline, tinyRows } from './tiny-pipeline';
export { useDevice } from './use-device';
