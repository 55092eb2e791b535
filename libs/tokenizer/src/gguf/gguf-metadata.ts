/** The metadata of a GGUF file, as far as its tokenizer needs them. A getter throws when the value has another type. */
export interface GgufMetadata {
  /** The file, for messages. */
  readonly where: string;
  number(key: string): number | undefined;
  boolean(key: string): boolean | undefined;
  string(key: string): string | undefined;
  numbers(key: string): number[] | undefined;
  strings(key: string): string[] | undefined;
}

/** @throws Error when the metadata have no such key */
export function required<T>(metadata: GgufMetadata, key: string, value: T | undefined): T {
  if (value === undefined) throw new Error(`${metadata.where}: metadata "${key}" is missing`);
  return value;
}
