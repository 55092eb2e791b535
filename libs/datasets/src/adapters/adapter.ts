import type { PreferenceExample, PromptExample, SupervisedExample, UnpairedExample } from '../examples';
import type { Row } from '../reading/row';
import type { Repaired } from './repair';

/** The examples of each kind of dataset. */
export interface ExampleKinds {
  supervised: SupervisedExample;
  preference: PreferenceExample;
  unpaired: UnpairedExample;
  prompts: PromptExample;
}

export type DatasetKind = keyof ExampleKinds;

/**
 * The format of one family of datasets. A conversion throws `RowDropped` for a row that it cannot use, and reports each change of a text to
 * `repaired`. Adapters that correct the known faults of one public dataset are chosen by their name or by `proves`, never by one row.
 */
export interface Adapter {
  name: string;
  /** Whether a row has this format. The first adapter of the list that recognizes the rows is used. */
  detect(row: Row): boolean;
  /** Whether these rows can only be the dataset that the adapter corrects. They are the first of a source, up to `PROOF_ROWS`. */
  proves?(rows: readonly Row[]): boolean;
  /**
   * Fields with a meaning (`accounting.ts`) that it uses although their texts are not in the examples, or that mean something else here. A row
   * with any other is left out.
   */
  fields?: readonly string[];
  /** The kind of its datasets where nobody names one. Default: preference, supervised or prompts, the first that it makes. */
  usualKind?: DatasetKind;
  /** The adapter for one pass over the rows as that kind: a new one if it has state (pairs of one post). */
  begin?(kind: DatasetKind): Adapter;
  /** The key that the rows of a group share (messages of a tree); undefined for a complete row. Needs `assemble`. */
  groupOf?(row: Row): string | undefined;
  /** Combines the rows of a group before they are converted. */
  assemble?(rows: Row[]): Row[];
  supervised?(row: Row, repaired?: Repaired): SupervisedExample[];
  preference?(row: Row, repaired?: Repaired): PreferenceExample[];
  /** Default: both answers of each pair. */
  unpaired?(row: Row, repaired?: Repaired): UnpairedExample[];
  /** Default: the messages before the last answer of the conversation, or of the pair. Null where there are none. */
  prompts?: ((row: Row, repaired?: Repaired) => PromptExample[]) | null;
}
