import { int } from '../graph/attribute';
import { type DType, ONNX_DTYPE } from '../graph/dtype';
import type { Value } from '../graph/value';

/** x in another dtype; no gradient. */
export function cast(x: Value, dtype: DType): Value {
  return x.dtype === dtype
    ? x
    : x.graph.node('Cast', [x], { to: int(ONNX_DTYPE[dtype]) }, [{ shape: x.shape, dtype }])[0];
}
