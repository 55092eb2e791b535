import { Graph, scale } from '@open-chatgpt/autodiff';
import type { RunFolder, StageEvent } from '@open-chatgpt/runs';
import { createSession, Tensor } from '@open-chatgpt/runtime';
import { useDevice } from '@open-chatgpt/testing';
import { stageEnvironment } from './stage-context';

useDevice('xla:cpu');

describe('the summary of a stage', () => {
  const events: StageEvent[] = [];
  const folder = { checkpointsOf: (stage: string) => stage } as RunFolder;
  const begin = () =>
    stageEnvironment({ folder, listen: (event) => events.push(event) }, { name: 'first', uses: 'sft' });
  const compile = (factor: number) => {
    const graph = new Graph();
    graph.output('y', scale(graph.input('x', 'float32', [2]), factor));
    const [x, y] = [Tensor.zeros('float32', [2]), Tensor.zeros('float32', [2])];
    createSession(graph).bind({ x }, { y }).runSync();
  };

  it('says how many programs XLA has compiled for the stage, and how long that took', () => {
    compile(1.5);
    const { listen } = begin();
    compile(2.5);
    compile(3.5);
    listen({ type: 'finished', summary: { steps: 7 } });
    expect(events.pop()).toEqual({
      type: 'finished',
      stage: 'first',
      summary: { steps: 7, compiledPrograms: 2, compileSeconds: expect.any(Number) },
    });
  });

  it('says nothing of it where nothing was compiled', () => {
    begin().listen({ type: 'finished', summary: { steps: 7 } });
    expect(events.pop()).toEqual({ type: 'finished', stage: 'first', summary: { steps: 7 } });
  });
});
