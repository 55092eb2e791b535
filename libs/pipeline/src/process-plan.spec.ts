import { parsePipeline } from './parse-pipeline';
import { planGpuProcesses, planProcesses, shapeOf } from './process-plan';

const scratch = {
  hiddenSize: 512,
  intermediateSize: 1376,
  numHiddenLayers: 6,
  numAttentionHeads: 8,
  maxPositionEmbeddings: 256,
};
const dataset = { path: 'builtin:tasks' };

function plan(model: object, stages: object[], stage: number) {
  const pipeline = parsePipeline(JSON.stringify({ name: 'p', threads: 3, model, stages }), 'p.json');
  return planProcesses(pipeline, pipeline.stages[stage]);
}

describe('the plan of the processes of a stage', () => {
  it('of full fine-tuning holds the base, the trained weights, their gradients and two moments', () => {
    const [trainer, ...others] = plan({ scratch }, [{ uses: 'sft', with: { dataset } }], 0);
    expect(others).toEqual([]);
    // 6 layers of 4 × 512² + 3 × 512 × 1376 + 2 × 512, an embedding of 512 × 512 and a norm.
    const parameters = 6 * (4 * 512 ** 2 + 3 * 512 * 1376 + 2 * 512) + 512 * 512 + 512;
    const { estimate, requests } = trainer;
    expect(estimate).toMatchObject({
      parameters,
      trainedParameters: parameters,
      bytes: { weights: 8 * parameters, gradients: 4 * parameters, moments: 8 * parameters, cache: 0 },
    });
    expect(requests.cpu).toBe('3');
    const bytes = Number.parseInt(requests.memory, 10) * 2 ** 20;
    expect(bytes).toBeGreaterThanOrEqual(1.25 * estimate!.total);
    expect(bytes).toBeLessThan(1.25 * estimate!.total + 64 * 2 ** 20);
  });

  it('of LoRA trains the adapter only, and checkpointing keeps fewer activations', () => {
    const whole = plan({ scratch }, [{ uses: 'sft', with: { dataset } }], 0)[0].estimate!;
    const lora = plan({ scratch }, [{ uses: 'sft', with: { dataset, lora: { r: 8 } } }], 0)[0].estimate!;
    // Queries and values of 6 layers, two factors of rank 8 each.
    expect(lora.trainedParameters).toBe(6 * 2 * 8 * (512 + 512));
    const saving = { dataset, gradientCheckpointing: true };
    const less = plan({ scratch }, [{ uses: 'sft', with: saving }], 0)[0].estimate!;
    expect(less.bytes.activations).toBeLessThan(whole.bytes.activations / 3);
  });

  it('of PPO has a learner, a sampler without gradients, and a critic', () => {
    const stages = [
      { uses: 'sft', with: { dataset } },
      { uses: 'reward', with: { dataset } },
      { uses: 'ppo', with: { prompts: dataset } },
    ];
    const [trainer, rollout, critic] = plan({ path: 'builtin:smollm2-135m-instruct' }, stages, 2);
    expect([trainer.role, rollout.role, critic.role]).toEqual(['trainer', 'rollout', 'critic']);
    expect(trainer.estimate).toMatchObject({ parameters: 134_515_008, trainedParameters: 134_515_008 });
    expect(rollout.estimate).toMatchObject({ trainedParameters: 0, bytes: { gradients: 0, moments: 0 } });
    expect(rollout.estimate!.bytes.cache).toBeGreaterThan(0);
    // The value model has a scalar head.
    expect(critic.estimate!.trainedParameters).toBe(134_515_008 + 576);
  });

  it('with GPUs takes the memory of the host for weights, and for moments that are offloaded', () => {
    const onHost = (settings: object) => {
      const stages = [{ uses: 'sft', with: { dataset, gradientCheckpointing: true, ...settings } }];
      const pipeline = parsePipeline(JSON.stringify({ name: 'p', model: { scratch }, stages }), 'p.json');
      const [{ estimate, requests }] = planProcesses(pipeline, pipeline.stages[0], () => true);
      return { bytes: estimate!.bytes, memory: Number.parseInt(requests.memory, 10) * 2 ** 20 };
    };
    const near = onHost({});
    const { weights, fixed } = near.bytes;
    expect(near.bytes).toEqual({ fixed, weights, gradients: 0, moments: 0, activations: 0, cache: 0 });
    expect(near.memory).toBeLessThan(1.25 * (weights + fixed) + 64 * 2 ** 20);
    const far = onHost({ offloadOptimizer: 'cpu', offloadParam: 'cpu' });
    // Two moments of the trained weights; `weights` counts the base and these.
    expect(far.bytes).toEqual({ ...near.bytes, moments: weights });
    expect(far.memory).toBeGreaterThan(1.25 * (2 * weights + fixed));
  });

  it('on GPUs divides them among hosts of 8; what only samples has none', () => {
    const stages = [
      { uses: 'sft', with: { dataset } },
      { uses: 'reward', with: { dataset } },
      { uses: 'ppo', with: { prompts: dataset } },
    ];
    const model = { path: 'builtin:smollm2-135m-instruct' };
    const pipeline = parsePipeline(JSON.stringify({ name: 'p', model, stages }), 'p.json');
    const processes = (stage: number, devices: number) =>
      planGpuProcesses(pipeline, pipeline.stages[stage], {
        shape: shapeOf(pipeline, pipeline.stages[stage])!,
        devices,
      });
    const counts = (stage: number, devices: number) =>
      processes(stage, devices).map(({ role, pods, gpus }) => [role, pods, gpus]);
    expect(counts(0, 2)).toEqual([['trainer', 1, 2]]);
    expect(counts(0, 16)).toEqual([['trainer', 2, 8]]);
    expect(counts(2, 8)).toEqual([
      ['trainer', 1, 8],
      ['rollout', 1, 0],
      ['critic', 1, 8],
    ]);
    const onGpus = planProcesses(pipeline, pipeline.stages[2], (role) => role !== 'rollout');
    expect(processes(2, 8).map(({ requests }) => requests)).toEqual(onGpus.map(({ requests }) => requests));
  });

  it('of a model that only its files describe asks for the default', () => {
    for (const path of ['/models/mine', 'store:mine'])
      expect(plan({ path }, [{ uses: 'sft', with: { dataset } }], 0)).toEqual([
        { role: 'trainer', estimate: null, requests: { cpu: '3', memory: '1Gi' } },
      ]);
  });
});
