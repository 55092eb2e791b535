import { availableParallelism } from 'node:os';
import { type Opener, objectOpener } from '@open-chatgpt/datasets';
import { fetchBuiltinModel } from '@open-chatgpt/download';
import type { IngestResources } from '@open-chatgpt/ingestion';
import { readTokenizer } from '@open-chatgpt/models';
import { type ServiceConfig, s3OptionsOf } from '@open-chatgpt/service';
import { openObjectStore } from '@open-chatgpt/storage';
import { loadTokenizer } from '@open-chatgpt/tokenizer';

export const RESOURCES = Symbol('resources of an ingestion');

const BUILTIN = 'builtin:';

/**
 * The resources that a request may use. Requests come from users, who do not operate this service. Files of this machine, addresses of its
 * network and buckets that its keys open are therefore denied unless the configuration permits them.
 */
export function permittedResources(config: ServiceConfig): IngestResources {
  const { datasetsFromFiles: allowLocal, datasetsFromPrivateUrls: allowPrivate } = config;
  return {
    allowLocal,
    allowPrivate,
    threads: availableParallelism(),
    openers: { s3: s3Opener(config) },
    async openTokenizer(name) {
      if (name.startsWith(BUILTIN))
        return loadTokenizer(await readTokenizer(await fetchBuiltinModel(name.slice(BUILTIN.length))));
      if (allowLocal) return loadTokenizer(await readTokenizer(name));
      throw new Error(
        `tokenizer "${name}": files of this machine are not read here; name a built-in one, such as ${BUILTIN}smollm2-135m-instruct.`,
      );
    },
  };
}

function s3Opener(config: ServiceConfig): Opener {
  const { datasetsFromStores: permitted } = config;
  const options = { ...s3OptionsOf(config), createBucket: false };
  const open = objectOpener((bucket) => openObjectStore(`s3://${bucket}`, options));
  return async (spec) => {
    if (permitted.some((prefix) => spec === prefix || spec.startsWith(`${prefix}/`))) return open(spec);
    throw new Error(
      `dataset ${spec}: datasets are ${permitted.length > 0 ? `read only from ${permitted.join(', ')}` : 'not read from s3://'} ` +
        'here; the operator of this service can add its bucket to OPEN_CHATGPT_DATASETS_FROM_STORES.',
    );
  };
}
