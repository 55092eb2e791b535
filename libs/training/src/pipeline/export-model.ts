import { join } from 'node:path';
import {
  adaptedModules,
  familyOf,
  hashWeights,
  type LinearModule,
  loraA,
  loraB,
  type Model,
  type ModelConfig,
  mergeAdapter,
  parameterOf,
  storesOf,
  type TensorToWrite,
  toHuggingFaceConfig,
  writeAdapter,
  writeModelFolder,
} from '@open-chatgpt/models';
import type { ParameterStore } from '@open-chatgpt/runtime';
import type { TokenizerFiles } from '@open-chatgpt/tokenizer';
import type { BaseModel } from './base-model';
import { exportPadding } from './export-padding';

export interface ExportOptions {
  /** How to sample from it, by the names of generation_config.json; goes before what the base advises. */
  advice?: Readonly<Record<string, unknown>>;
  /** Name or path of the base, for the adapter. */
  baseName: string;
}

/**
 * Writes a model as a Hugging Face folder, its adapter merged into the weights; the adapter alone, as PEFT writes it,
 * goes to `adapter/` in that folder, with the name and the hash of the weights that it adapts.
 */
export async function exportModel(
  folder: string,
  model: Model,
  base: BaseModel,
  { advice, baseName }: ExportOptions,
): Promise<void> {
  const { config, tokenizer, generationConfig } = exportPadding(base, withTemplate(base), model.scalarHead);
  await writeModelFolder(folder, {
    config: model.scalarHead ? classifierConfig(config) : config,
    tensors: withEmbeddings(mergedTensors(model), config),
    dtype: 'F32',
    tokenizer,
    generationConfig: advice ? { ...generationConfig, ...advice } : generationConfig,
  });
  if (!model.lora) return;
  await writeAdapter(join(folder, 'adapter'), {
    config: model.lora,
    tensors: model.trained.all.map(({ name, shape, read }) => ({ name, shape, data: read })),
    taskType: model.scalarHead ? 'SEQ_CLS' : 'CAUSAL_LM',
    fanInFanOut: isInputMajor(model),
    base: { name: baseName, sha256: hashWeights(base.weights) },
  });
}

/** The template that the model was trained with is its own from now on, for all who talk to it. */
function withTemplate({ tokenizer: { files }, template }: BaseModel): TokenizerFiles {
  if (template.name === 'model') return files;
  return { ...files, tokenizerConfig: { ...files.tokenizerConfig, chat_template: template.jinja } };
}

/** The tensors with as many embeddings as the configuration says: those of new tokens are zero. */
function* withEmbeddings(tensors: Iterable<TensorToWrite>, config: ModelConfig): Generator<TensorToWrite> {
  const [embeddings] = familyOf(config).embeddingNames(config);
  for (const tensor of tensors) {
    if (tensor.name !== embeddings || tensor.shape[0] === config.vocabSize) yield tensor;
    else {
      const { name, data } = tensor;
      const shape = [config.vocabSize, config.hiddenSize];
      const load = async () => {
        const target = new Float32Array(config.vocabSize * config.hiddenSize);
        target.set(typeof data === 'function' ? await data() : data);
        return target;
      };
      yield { name, shape, data: load };
    }
  }
}

/** The configuration of a model with a scalar head, as its family's sequence classifier with one label. */
function classifierConfig(config: ModelConfig): ModelConfig {
  const architectures = toHuggingFaceConfig(config).architectures as string[];
  const classifier = architectures[0].replace(/(ForCausalLM|LMHeadModel)$/, 'ForSequenceClassification');
  return { ...config, source: { ...config.source, architectures: [classifier], num_labels: 1 } };
}

/**
 * Puts what a model has learned into weights that are those of its base.
 * @param target all weights of the base, under the same names; changed in place
 */
export function mergeInto(target: ParameterStore, model: Model): void {
  if (!model.lora) {
    for (const { name, tensor } of target.all) tensor.write(model.trained.get(name).read());
    return;
  }
  for (const module of adaptedModules(model.config, model.lora))
    target.get(`${module.name}.weight`).tensor.write(mergedWeight(model, module));
}

/** The weights with the adapter merged in, tensor by tensor, under their Hugging Face names. */
function* mergedTensors(model: Model): Generator<TensorToWrite> {
  const modules = new Map<string, LinearModule>();
  if (model.lora)
    for (const module of adaptedModules(model.config, model.lora))
      modules.set(`${module.name}.weight`, module);
  for (const store of storesOf(model)) {
    for (const { name, shape, read } of store.all) {
      if (/\.lora_[AB]\.weight$/.test(name)) continue;
      const module = modules.get(name);
      yield { name, shape, data: module ? () => mergedWeight(model, module) : read };
    }
  }
}

function mergedWeight(model: Model, module: LinearModule): Float32Array {
  const [weight, a, b] = [`${module.name}.weight`, loraA(module.name), loraB(module.name)].map((name) =>
    parameterOf(model, name).read(),
  );
  const { loraAlpha, r } = model.lora!;
  const target = new Float32Array(weight.length);
  mergeAdapter(target, weight, a, b, module, loraAlpha / r, isInputMajor(model));
  return target;
}

/** GPT-2 keeps its linear weights as [in, out]. */
function isInputMajor(model: Model): boolean {
  return model.config.family === 'gpt2';
}
