import { type Operand, typeOf } from '../hlo-builder';
import type { Lowering, NodeContext } from '../lowering';
import { type HloArray, onEachDevice } from '../on-each-device';
import type { ArraySharding } from '../sharding';

/** Axes of a mesh along which rows and heads are divided; a call of cuDNN has its own rows and heads on each device. */
const ROW_AXES = ['data', 'fsdp'];
const HEAD_AXES = ['tensor'];

/** An operand or a result of a call: its whole type, its layout in memory, and which of its axes has the heads. */
interface Part {
  type: HloArray;
  headAxis: number;
  /** Axes from the fastest to the slowest one. */
  layout: readonly number[];
}

/** The sizes of a call on one device, and how the whole is divided. */
class Call {
  readonly heads: number;
  readonly keyHeads: number;
  private readonly rowAxes: readonly string[];
  private readonly headAxes: readonly string[];

  constructor(private readonly node: NodeContext) {
    this.heads = node.int('heads', 1);
    this.keyHeads = node.int('keyHeads', 1);
    const { mesh } = node.hlo;
    const divides = (axes: readonly string[], ...sizes: number[]) => {
      const parts = axes.reduce((product, axis) => product * (mesh?.[axis] ?? 1), 1);
      return mesh && sizes.every((size) => size % parts === 0) ? axes : [];
    };
    this.rowAxes = divides(ROW_AXES, node.operands[0].shape[0]);
    this.headAxes = divides(HEAD_AXES, this.heads, this.keyHeads);
  }

  /** [B, T, H·D] in float32 → [B, T, H, D] in bfloat16. */
  split(x: Operand, heads: number): Operand {
    const { hlo } = this.node;
    const [batch, length, width] = x.shape;
    return hlo.reshape(hlo.convert(x, 'bfloat16'), [batch, length, heads, width / heads]);
  }

  /** [B, H, T, D] in bfloat16 → [B, T, H·D] in float32. */
  merge(x: Operand): Operand {
    const { hlo } = this.node;
    const [batch, heads, length, size] = x.shape;
    const merged = hlo.reshape(hlo.transpose(x, [0, 2, 1, 3]), [batch, length, heads * size]);
    return hlo.convert(merged, 'float32');
  }

  /** The type of [B, H, T, D] that cuDNN writes for [B, T, H, D]. */
  byHead({ dtype, shape: [batch, length, heads, size] }: Operand): Part {
    return { type: { dtype, shape: [batch, heads, length, size] }, headAxis: 1, layout: [3, 1, 2, 0] };
  }

  /** Calls cuDNN, on each device for its rows and heads. */
  run(
    target: string,
    products: object,
    inputs: readonly Part[],
    values: readonly Operand[],
    results: Part[],
  ) {
    const { hlo } = this.node;
    const scratch: Part = { type: { dtype: 'uint8', shape: [0] }, headAxis: -1, layout: [0] };
    const outputs = [...results, scratch];
    const local = (parts: readonly Part[]) => parts.map((part) => this.localType(part));
    const layouts = (parts: readonly Part[]) =>
      parts.map(({ layout }) => `dense<[${layout.join(', ')}]> : tensor<${layout.length}xindex>`).join(', ');
    const config = JSON.stringify(this.config(products)).replaceAll('"', '\\22');
    const call = (names: readonly string[]) =>
      `stablehlo.custom_call @${target}(${names.join(', ')}) {api_version = 2 : i32, backend_config = "${config}", ` +
      `operand_layouts = [${layouts(inputs)}], result_layouts = [${layouts(outputs)}]} : ` +
      `(${local(inputs).map(typeOf).join(', ')}) -> (${local(outputs).map(typeOf).join(', ')})`;
    if (!hlo.mesh) return hlo.several(local(outputs), call(values.map(({ id }) => id)));
    const divided = (part: Part) => ({
      whole: part.type,
      part: this.localType(part),
      sharding: this.sharding(part),
    });
    const operands = inputs.map((part, index) => ({ ...divided(part), id: values[index].id }));
    return onEachDevice(hlo, operands, results.map(divided), 1, call);
  }

  private parts(axes: readonly string[]): number {
    return axes.reduce((product, axis) => product * this.node.hlo.mesh![axis], 1);
  }

  private localType({ type: { dtype, shape }, headAxis }: Part): HloArray {
    const divided = shape.map((size, axis) => {
      if (shape.length === 1) return size;
      if (axis === 0) return size / this.parts(this.rowAxes);
      return axis === headAxis ? size / this.parts(this.headAxes) : size;
    });
    return { dtype, shape: divided };
  }

  private sharding({ type, headAxis }: Part): ArraySharding {
    return type.shape.map((_, axis) => (axis === 0 ? this.rowAxes : axis === headAxis ? this.headAxes : []));
  }

  /** XLA's configuration of the call (xla/service/gpu/backend_configs.proto, CudnnfMHABackendConfig). */
  private config(products: object): object {
    const [batch, length] = this.node.operands[0].shape;
    const scores = [batch / this.parts(this.rowAxes), this.heads / this.parts(this.headAxes), length, length];
    return {
      operation_queue_id: '0',
      cudnn_fmha_backend_config: {
        algorithm: {
          algo_id: '0',
          math_type: 'TENSOR_OP_MATH',
          is_cudnn_frontend: true,
          workspace_size: '0',
        },
        fmha_scale: this.node.float('scale', 1),
        dropout_rate: 0,
        intermediate_tensor_shape: {
          element_type: 'BF16',
          dimensions: scores.map(String),
          layout: { minor_to_major: ['3', '2', '1', '0'] },
          is_dynamic_dimension: scores.map(() => false),
        },
        is_flash_attention: true,
        mask_type: 'CAUSAL',
        ...products,
      },
    };
  }
}

/** The contracted axes of a product; rows and heads are its batches. */
const product = (left: number, right: number) => ({
  lhs_contracting_dimensions: [String(left)],
  rhs_contracting_dimensions: [String(right)],
  lhs_batch_dimensions: ['0', '1'],
  rhs_batch_dimensions: ['0', '1'],
});

const rows = ({ dtype, shape }: Operand): Part => ({
  type: { dtype, shape },
  headAxis: 2,
  layout: [3, 2, 1, 0],
});
const statistics = ({ dtype, shape }: HloArray): Part => ({
  type: { dtype, shape },
  headAxis: 1,
  layout: [2, 1, 0],
});

const attention: Lowering = (node) => {
  const call = new Call(node);
  const [q, k, v] = node.operands;
  const parts = [call.split(q, call.heads), call.split(k, call.keyHeads), call.split(v, call.keyHeads)];
  const [y, saved] = call.run(
    '__cudnn$fmhaSoftmax',
    { bmm1_dot_dimension_numbers: product(3, 3), bmm2_dot_dimension_numbers: product(3, 2) },
    parts.map(rows),
    parts,
    [call.byHead(parts[0]), statistics(node.outputs[1])],
  );
  return [call.merge(y), saved];
};

const attentionGradient: Lowering = (node) => {
  const call = new Call(node);
  const [q, k, v, saved, dy, y] = node.operands;
  const [Q, K, V] = [call.split(q, call.heads), call.split(k, call.keyHeads), call.split(v, call.keyHeads)];
  const [dY, Y] = [call.split(dy, call.heads), call.split(y, call.heads)];
  const gradients = call.run(
    '__cudnn$fmhaSoftmaxBackward',
    {
      bmm1_grad_gemm1_dot_dimension_numbers: product(2, 2),
      bmm1_grad_gemm2_dot_dimension_numbers: product(3, 2),
      bmm2_grad_gemm1_dot_dimension_numbers: product(2, 2),
      bmm2_grad_gemm2_dot_dimension_numbers: product(3, 3),
    },
    [rows(Q), rows(K), rows(V), statistics(saved), rows(dY), rows(Y)],
    [Q, K, V, saved, dY, Y],
    [Q, K, V].map((x) => call.byHead(x)),
  );
  return gradients.slice(0, 3).map((gradient) => call.merge(gradient));
};

export const CUDNN: Readonly<Record<string, Lowering>> = {
  CudnnAttention: attention,
  CudnnAttentionGradient: attentionGradient,
};
