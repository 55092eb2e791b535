import { basename } from 'node:path';

/** Where a served model comes from. */
export type ModelSource =
  | { kind: 'path'; path: string }
  | { kind: 'builtin'; name: string }
  /** The model of this id in the object store: what a run made, or what was imported. */
  | { kind: 'store'; modelId: string }
  | { kind: 'manifest'; uri: string }
  /** Follows `model.published`: the newest model of this pipeline or name, or with null of all. */
  | { kind: 'latest'; of: string | null };

/**
 * Reads `latest`, `latest:<pipeline or name>`, `store:<model id>`, `builtin:<name>`, the URI of a manifest in the object
 * store, or a path.
 */
export function parseModelSource(text: string): ModelSource {
  const [, scheme, rest] = /^(latest|store|builtin):(.+)$/.exec(text) ?? [];
  if (text === 'latest') return { kind: 'latest', of: null };
  if (scheme === 'latest') return { kind: 'latest', of: rest };
  if (scheme === 'store') return { kind: 'store', modelId: rest };
  if (scheme === 'builtin') return { kind: 'builtin', name: rest };
  if (/^(s3|file):\/\//.test(text)) return { kind: 'manifest', uri: text };
  return { kind: 'path', path: text };
}

/** What a model is called that was given no name. */
export function nameOf(source: ModelSource): string {
  switch (source.kind) {
    case 'path':
      return basename(source.path).replace(/\.gguf$/, '');
    case 'builtin':
      return source.name;
    case 'store':
      return source.modelId;
    case 'manifest':
      return 'model';
    case 'latest':
      return source.of ?? 'latest';
  }
}

/** Whether it lies in the object store of the platform. */
export function needsPlatform({ kind }: ModelSource): boolean {
  return kind === 'store' || kind === 'manifest' || kind === 'latest';
}
