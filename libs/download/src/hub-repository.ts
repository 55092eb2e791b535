/** A model or a data set of the Hugging Face hub, or of a mirror of it, at a revision. */
export interface HubRepository {
  kind: 'models' | 'datasets';
  /** As "Anthropic/hh-rlhf"; old ones have no owner. */
  id: string;
  /** A branch, tag or commit. */
  revision: string;
}

/** What a repository is, in messages. */
export const nounOf = ({ kind }: HubRepository) => (kind === 'models' ? 'model' : 'data set');

/** Where its pages and files are below the hub's address: models lie at the top. */
export const placeOf = ({ kind, id }: HubRepository) => (kind === 'models' ? id : `${kind}/${id}`);
