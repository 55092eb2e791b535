import {
  type Applied,
  controllerOf,
  type KubeClient,
  KubeError,
  type KubeObject,
  type ResourceType,
} from '@open-chatgpt/kube';
import { FIELD_MANAGER } from './names';

/** An object of another owner has the name that one of ours needs. */
class NameTakenError extends Error {
  override readonly name = 'NameTakenError';

  constructor({ kind, metadata }: KubeObject) {
    const owner = controllerOf({ metadata });
    super(
      `the ${kind} ${metadata.name} belongs to ${owner ? `${owner.kind} ${owner.name}` : 'somebody else'}; delete it, or choose another name`,
    );
  }
}

type Owner = { metadata: { uid: string } };

const belongsTo = ({ metadata }: KubeObject, owner: Owner): boolean =>
  controllerOf({ metadata })?.uid === owner.metadata.uid;

/** Applies an object that `owner` controls. @throws NameTakenError rather than change one that it does not control */
export async function applyOwned<T extends KubeObject>(
  client: KubeClient,
  type: ResourceType<T>,
  object: Applied<T>,
  owner: Owner,
): Promise<T> {
  const { name, namespace } = object.metadata;
  const found = await client.find(type, { name: name!, namespace });
  if (found && !belongsTo(found, owner)) throw new NameTakenError(found);
  return client.apply(type, object, { fieldManager: FIELD_MANAGER, force: true });
}

/**
 * Creates an object that `owner` controls. @returns `created: false` when it is there already: the cache is older
 * @throws NameTakenError when the object that is there is another's; undefined while an earlier one is about to go
 */
export async function createOwned<T extends KubeObject>(
  client: KubeClient,
  type: ResourceType<T>,
  object: T,
  owner: Owner,
  fieldManager: string,
): Promise<{ object: T; created: boolean } | undefined> {
  try {
    return { object: await client.create(type, object, { fieldManager }), created: true };
  } catch (error) {
    if (!KubeError.is(error, 'AlreadyExists')) throw error;
    const { name, namespace } = object.metadata;
    const found = await client.find(type, { name: name!, namespace });
    if (!found || found.metadata.deletionTimestamp) return undefined;
    if (!belongsTo(found, owner)) throw new NameTakenError({ ...found, kind: type.kind });
    return { object: found, created: false };
  }
}

/** What the status says of a resource whose children the API server, or another owner, refuses; null for an error that passes. */
export function refusalOf(error: unknown): { reason: string; message: string } | null {
  if (!(error instanceof Error)) return null;
  const { message } = error;
  if (error instanceof NameTakenError) return { reason: 'NameTaken', message };
  if (KubeError.is(error)) {
    if (/exceeded quota/.test(message)) return { reason: 'QuotaExceeded', message };
    return KubeError.is(error, 'Invalid', 'Forbidden', 'BadRequest')
      ? { reason: 'SubmissionFailed', message }
      : null;
  }
  return error instanceof ConfigurationError ? { reason: 'SubmissionFailed', message } : null;
}

/** The operator's configuration lacks what a resource needs. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}
