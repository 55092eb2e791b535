import { Graph, matmul } from '@open-chatgpt/autodiff';
import { environment } from './ort/environment';
import type { OrtSession } from './ort/ort-session';
import { Tensor } from './tensor';

const EXPECTED = [17, 39];

/**
 * Computes one matrix product with a known result before the first graph of the program. A library that does not work on
 * this machine or device then fails at the start, with its name and version.
 */
export function selfTest(compile: (graph: Graph) => OrtSession): void {
  const library = `ONNX Runtime ${environment().api.version}`;
  const graph = new Graph();
  const [a, b] = [graph.input('a', 'float32', [2, 2]), graph.input('b', 'float32', [2, 1])];
  graph.output('y', matmul(a, b));
  const y = Tensor.zeros('float32', [2, 1]);
  const inputs = {
    a: new Tensor('float32', [2, 2], Float32Array.of(1, 2, 3, 4)),
    b: new Tensor('float32', [2, 1], Float32Array.of(5, 6)),
  };
  try {
    compile(graph).bind(inputs, { y }).runSync();
  } catch (error) {
    throw new Error(`${library} does not run: ${(error as Error).message}`, { cause: error });
  }
  if (EXPECTED.some((value, i) => y.floats[i] !== value))
    throw new Error(
      `${library} computes ${y.floats.join(', ')}, expected ${EXPECTED.join(', ')}: this build does not work on this machine. ` +
        'Set OPEN_CHATGPT_ONNXRUNTIME to another build.',
    );
}
