import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { withAdapter } from '@open-chatgpt/generation';
import {
  type Adapter,
  checkAdapterBase,
  openAdapter,
  openModel,
  readAdapter,
  readTokenizer,
} from '@open-chatgpt/models';
import { type ChatTemplate, chatTemplate, endingAs, loadTokenizer } from '@open-chatgpt/tokenizer';
import type { ServedAdapterConfig } from '../config/inference-config';
import { type LoadedModel, unixSeconds } from './loaded-model';
import type { LocalModel } from './model-fetcher';

/** Where a model folder of this project has the adapter from which it was merged. */
const IN_MODEL = 'adapter';

/**
 * Loads an adapter onto a base in memory. It answers with the base's weights, tokenizer and settings; its own files may have
 * another chat template.
 * @param local the folder of an adapter, or of a model that contains one as `adapter/`
 * @throws Error when it is invalid, or belongs on another base
 */
export async function loadAdapter(
  base: LoadedModel,
  local: LocalModel,
  { name, template }: Pick<ServedAdapterConfig, 'name' | 'template'>,
): Promise<LoadedModel> {
  const inModel = join(local.path, IN_MODEL);
  const folder = (await exists(join(inModel, 'adapter_config.json'))) ? inModel : local.path;
  const adapter = await read(base, folder);
  return {
    ...base,
    name,
    parent: base.name,
    version: local.version,
    created: unixSeconds(),
    template: await templateOf(base, local.path, template),
    generator: withAdapter(base.generator, adapter),
    embedder: null,
  };
}

async function read(base: LoadedModel, folder: string): Promise<Adapter> {
  const files = await openAdapter(folder);
  try {
    const model = await openModel(base.path);
    try {
      if (files.base) checkAdapterBase(folder, files.base, await base.weightsHash(), base.name);
      return await readAdapter(model, files, folder);
    } finally {
      await model.close();
    }
  } finally {
    await files.close();
  }
}

/** The configured chat template; by default that of the adapter's own files, then that of the base. */
async function templateOf(
  base: LoadedModel,
  path: string,
  configured: ServedAdapterConfig['template'],
): Promise<ChatTemplate | null> {
  if (configured !== 'model') return ended(chatTemplate(configured, base.tokenizer), base);
  if (!(await exists(join(path, 'tokenizer.json')))) return base.template;
  const tokenizer = await loadTokenizer(await readTokenizer(path));
  return tokenizer.chatTemplate === null ? base.template : ended(chatTemplate('model', tokenizer), base);
}

const ended = (template: ChatTemplate, { generator }: LoadedModel): ChatTemplate =>
  endingAs(template, generator.model.config);

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
