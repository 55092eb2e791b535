import { basename } from 'node:path';

/** The source of a served model. */
export type ModelSource =
  | FixedSource
  /** Follows `model.published`: the latest model of this pipeline or name; with null, of all. */
  | { kind: 'latest'; of: string | null };

/** A source that is read once. */
export type FixedSource =
  | { kind: 'path'; path: string }
  | { kind: 'builtin'; name: string }
  /** The current model of this id in the object store: of a completed run, or imported. */
  | { kind: 'store'; modelId: string }
  | { kind: 'manifest'; uri: string };

/**
 * Parses `latest`, `latest:<pipeline or name>`, `store:<model id>`, `builtin:<name>`, the URI of a manifest in the object
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

/** The name of a model whose configuration gives none. */
export function defaultName(source: ModelSource): string {
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

/** Whether the source is in the platform's object store. */
export function needsPlatform({ kind }: ModelSource): boolean {
  return kind === 'store' || kind === 'manifest' || kind === 'latest';
}
