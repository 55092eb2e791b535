/** A key of a GGUF file with its value, or its list of values of one type. */
export type GgufMetadataEntry = { key: string } & (
  | { type: 'u32' | 'i32' | 'f32'; value: number | readonly number[] }
  | { type: 'bool'; value: boolean }
  | { type: 'string'; value: string | readonly string[] }
);
