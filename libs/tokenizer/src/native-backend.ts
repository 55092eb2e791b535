import { Mutex } from 'async-mutex';
import { type Backend, isLong } from './backend';

/** Hugging Face's Rust library through N-API. @throws Error, at this call and not at import, when no binary fits the platform */
export function openNative(): (tokenizerJson: string) => Backend {
  const library = require('tokenizers') as typeof import('tokenizers');
  return (tokenizerJson) => {
    const native = library.Tokenizer.fromString(tokenizerJson);
    const encodeBatch = async (texts: readonly string[], addSpecialTokens: boolean) =>
      (await native.encodeBatch([...texts], { addSpecialTokens })).map((encoding) => encoding.getIds());
    const [plain, withSpecial] = [false, true].map((special) =>
      batched<string, number[]>((texts) => encodeBatch(texts, special)),
    );
    const longTexts = new Mutex();
    return {
      // A long text takes seconds and hundreds of megabytes: neither its batch nor other long texts wait with it in memory.
      encode: (text, addSpecialTokens) =>
        isLong(text)
          ? longTexts.runExclusive(async () => (await encodeBatch([text], addSpecialTokens))[0])
          : (addSpecialTokens ? withSpecial : plain)(text),
      encodeBatch,
      decode: (ids, skipSpecialTokens) => native.decode(ids, skipSpecialTokens),
      tokenToId: (token) => native.tokenToId(token) ?? null,
      idToToken: (id) => native.idToToken(id) ?? null,
    };
  };
}

/**
 * Combines the calls of one turn of the event loop into one batch: a call of the library costs as much as encoding a long
 * text, and a batch uses all cores.
 */
function batched<In, Out>(all: (inputs: In[]) => Promise<Out[]>): (input: In) => Promise<Out> {
  let waiting: { input: In; resolve: (output: Out) => void; reject: (error: unknown) => void }[] = [];
  const flush = (): void => {
    const calls = waiting;
    waiting = [];
    all(calls.map(({ input }) => input)).then(
      (outputs) => calls.forEach(({ resolve }, i) => void resolve(outputs[i])),
      (error) => calls.forEach(({ reject }) => void reject(error)),
    );
  };
  return (input) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) queueMicrotask(flush);
      waiting.push({ input, resolve, reject });
    });
}
