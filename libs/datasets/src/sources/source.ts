/** One file of a dataset, wherever it lies. */
export interface SourceFile {
  /** For messages, and to tell CSV from TSV: a path, or a URL without its secrets. */
  name: string;
  /** Where it lies on this machine, if it does. */
  path?: string;
  /** Identifies the content without reading it, as a commit does. */
  version?: string;
  /** In bytes, where it is known before reading. */
  size?: number;
  /** Its bytes from the start. Can be called again. Throws, also while it is read, when they cannot be had. */
  open(): AsyncIterable<Uint8Array>;
}

/** What a dataset's name stands for. */
export interface Source {
  /** As it was named, without secrets. */
  name: string;
  /** In stable order. */
  files: SourceFile[];
  /** Files that lie there too and are not read: no data, or another split. */
  leftOut: string[];
}

/** Opens names of one scheme, as s3://…, that this library does not know itself. */
export type Opener = (spec: string) => Promise<Source>;
