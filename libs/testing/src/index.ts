export { type ClosenessOptions, expectClose, relativeError } from './expect-close';
export { type GoldenTensor, goldenFloats, goldenIntegers, readGolden, withPrefix } from './golden';
