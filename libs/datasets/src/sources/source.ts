/** One file of a dataset, local or remote. */
export interface SourceFile {
  /** A path, or a URL without its secrets. For messages; its extension distinguishes CSV from TSV. */
  name: string;
  /** The path of a local file. */
  path?: string;
  /** Identifies the content without reading it, such as a commit. */
  version?: string;
  /** In bytes, where it is known in advance. */
  size?: number;
  /** Its bytes from the start. Can be called several times. Throws, also during iteration, when they cannot be read. */
  open(): AsyncIterable<Uint8Array>;
}

/** The files that the name of a dataset stands for. */
export interface Source {
  /** The name, without secrets. */
  name: string;
  /** In stable order. */
  files: SourceFile[];
  /** Other files of the source that are not read: no data, or another split. */
  leftOut: string[];
}

/** Opens URIs of a scheme that this library does not know, such as s3://…. */
export type Opener = (spec: string) => Promise<Source>;
