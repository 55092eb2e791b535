import { matmulFlops } from '@open-chatgpt/autodiff';
import { countParameters } from '@open-chatgpt/sizing';
import { parseModelConfig } from '../config/parse-model-config';
import { languageModelLoss } from '../heads/language-model-loss';
import { scoreLoss } from '../heads/scalar-head';
import { outlineModel } from '../model/model';
import { stepGraphs } from './step-graphs';

const config = parseModelConfig(
  {
    model_type: 'llama',
    vocab_size: 512,
    hidden_size: 128,
    intermediate_size: 256,
    num_hidden_layers: 4,
    num_attention_heads: 4,
    max_position_embeddings: 64,
    tie_word_embeddings: false,
  },
  'config.json',
);
const pass = { batch: 2, length: 16 };
const flopsOf = (graphs: ReturnType<typeof stepGraphs>) =>
  graphs.reduce((total, { graph, runs }) => total + matmulFlops(graph) * runs, 0);
const gradients = (graphs: ReturnType<typeof stepGraphs>) =>
  graphs.flatMap(({ graph }) => [...graph.outputs.keys()].filter((name) => name.startsWith('gradient:')));

describe('stepGraphs', () => {
  it('computes the gradient of every weight in one graph', () => {
    const model = outlineModel(config, {});
    const [whole] = stepGraphs(model, languageModelLoss, pass);
    expect(gradients([whole]).toSorted()).toEqual(
      model.trained.names.map((name) => `gradient:${name}`).toSorted(),
    );
    // Six operations for each weight and token, but for the table of the embedding; attention adds a little.
    const weights = countParameters(config) - 512 * 128;
    const tokens = 2 * 16;
    expect(flopsOf([whole]) / (6 * weights * tokens)).toBeGreaterThan(1);
    expect(flopsOf([whole]) / (6 * weights * tokens)).toBeLessThan(1.15);
  });

  it('computes blocks again with gradient checkpointing, which costs another forward pass of them', () => {
    const model = outlineModel(config, {});
    const whole = stepGraphs(model, languageModelLoss, pass);
    const blocks = stepGraphs(model, languageModelLoss, { ...pass, gradientCheckpointing: true });
    expect(blocks.map(({ name, runs }) => [name, runs])).toEqual([
      ['embedding', 1],
      ['block forward', 4],
      ['head', 1],
      ['block backward', 4],
    ]);
    const ratio = flopsOf(blocks) / flopsOf(whole);
    expect(ratio).toBeGreaterThan(1.15);
    expect(ratio).toBeLessThan(4 / 3);
  });

  it('computes gradients of the adapter and the head only with LoRA', () => {
    const lora = { r: 4, loraAlpha: 8, loraDropout: 0, targetModules: ['q_proj'] };
    const model = outlineModel(config, { lora, scalarHead: true });
    const names = gradients(stepGraphs(model, scoreLoss, pass));
    expect(names).toHaveLength(2 * 4 + 1);
    expect(names).toContain('gradient:score.weight');
  });
});
