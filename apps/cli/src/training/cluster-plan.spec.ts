import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { planForCluster } from './cluster-plan';

const examples = join(__dirname, '../../../../examples');
const planOf = (file: string) => planForCluster(parse(readFileSync(join(examples, file), 'utf8')), file);

describe('openchat plan', () => {
  it('has the roles of every stage of a pipeline file', () => {
    const { name, roles } = planOf('quickstart.yaml');
    expect(name).toBe('quickstart');
    expect(roles.map(({ stage, role, pods, gpus }) => [stage, role, pods, gpus])).toEqual([
      ['sft', 'trainer', 1, 0],
      ['reward', 'trainer', 1, 0],
      ['ppo', 'trainer', 1, 0],
      ['ppo', 'rollout', 1, 0],
      ['ppo', 'critic', 1, 0],
    ]);
    for (const { estimate, requests } of roles) {
      const asked = Number.parseInt(requests.memory, 10) * 2 ** 20;
      expect(asked).toBeGreaterThanOrEqual(1.25 * estimate!.total);
    }
  });

  it('has the GPUs and replicas of an RlhfPipeline, those of a stage first', () => {
    const file = parse(readFileSync(join(examples, 'quickstart.yaml'), 'utf8'));
    const { name: _, ...spec } = file;
    const { roles } = planForCluster(
      {
        kind: 'RlhfPipeline',
        metadata: { name: 'in-cluster' },
        spec: {
          ...spec,
          trainer: { gpus: 1, ranks: 2 },
          rollouts: { replicas: 3 },
          stagePods: { ppo: { trainer: { gpus: 4 } } },
        },
      },
      'x.yaml',
    );
    expect(roles.map(({ stage, role, pods, gpus }) => [stage, role, pods, gpus])).toEqual([
      ['sft', 'trainer', 2, 1],
      ['reward', 'trainer', 2, 1],
      ['ppo', 'trainer', 2, 4],
      ['ppo', 'rollout', 3, 0],
      ['ppo', 'critic', 1, 0],
    ]);
  });

  it('names what is wrong', () => {
    expect(() => planForCluster({ kind: 'Job', spec: {} }, 'x.yaml')).toThrow(
      /kind: expected an RlhfPipeline/,
    );
    expect(() => planForCluster({ name: 'x' }, 'x.yaml')).toThrow(/stages: missing/);
  });
});
