import { Graph, matmul, scale } from '@open-chatgpt/autodiff';
import { OrtSession } from './ort/ort-session';
import { selfTest } from './self-test';

describe('selfTest', () => {
  it('passes on this machine', () => {
    expect(() => selfTest(OrtSession.create)).not.toThrow();
  });

  it('rejects a library with wrong results', () => {
    const wrong = ({ inputs: [a, b] }: Graph) => {
      const graph = new Graph();
      const [left, right] = [a, b].map(({ name, dtype, shape }) => graph.input(name, dtype, shape));
      graph.output('y', scale(matmul(left, right), 2));
      return OrtSession.create(graph);
    };
    expect(() => selfTest(wrong)).toThrow(
      /^ONNX Runtime [\d.]+ computes 34, 78, expected 17, 39: this build does not work/,
    );
  });

  it('names a library that does not run', () => {
    const broken = () => {
      throw new Error('illegal instruction');
    };
    expect(() => selfTest(broken)).toThrow(/^ONNX Runtime [\d.]+ does not run: illegal instruction/);
  });
});
