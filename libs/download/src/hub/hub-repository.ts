/** A model or dataset of the Hugging Face hub or of a mirror, at a revision. */
export interface HubRepository {
  kind: 'models' | 'datasets';
  /** Such as "Anthropic/hh-rlhf". Old repositories have no owner. */
  id: string;
  /** A branch, tag or commit. */
  revision: string;
}

/** The kind of a repository in messages. */
export const nounOf = ({ kind }: HubRepository) => (kind === 'models' ? 'model' : 'dataset');

/** Path of a repository below the address of the hub. Models lie at the top. */
export const placeOf = ({ kind, id }: HubRepository) => (kind === 'models' ? id : `${kind}/${id}`);
