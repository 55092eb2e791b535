import type { PreferenceExample, PromptExample, SupervisedExample } from '../examples';
import type { Row } from '../reading/row';

/** What an example is used for. */
export interface ExampleKinds {
  supervised: SupervisedExample;
  preference: PreferenceExample;
  prompts: PromptExample;
}

export type DatasetKind = keyof ExampleKinds;

/** How one family of datasets is written. A conversion throws `RowDropped` for a row that it cannot use. */
export interface Adapter {
  name: string;
  /** Whether a row looks like this family's. The first adapter in the list that says so is taken. */
  detect(row: Row): boolean;
  /** A fresh adapter for one reading, where what was read before counts (pairs of one post). */
  begin?(): Adapter;
  /** What rows that lie apart (messages of a tree) have in common; undefined for a row that is whole. Goes with `assemble`. */
  groupOf?(row: Row): string | undefined;
  /** Puts the rows of a group together, before they are converted. */
  assemble?(rows: Row[]): Row[];
  supervised?(row: Row): SupervisedExample[];
  preference?(row: Row): PreferenceExample[];
  /** Where it is missing, prompts are what precedes the last answer of the supervised or preferred conversation. */
  prompts?(row: Row): PromptExample[];
}
