import { checkLocalModel, parseReference } from '@open-chatgpt/pipeline';

/** Brings a model to this machine, as a pipeline names it, and returns its path. */
export type ResolveModel = (reference: string) => Promise<string>;

/**
 * For a process whose models of the platform come by another way: it finds paths and `builtin:<name>` only.
 * @param builtin the path of a built-in model by its name
 */
export function resolveLocalModel(builtin: (name: string) => Promise<string>): ResolveModel {
  return async (text) => {
    const reference = parseReference(text);
    if (reference.kind === 'builtin') return builtin(reference.name);
    checkLocalModel(text);
    return text;
  };
}
