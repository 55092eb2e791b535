import {
  type Applied,
  controllerOf,
  type KubeClient,
  type KubeObject,
  type ResourceType,
} from '@open-chatgpt/kube';
import { applyOwned } from './owned';

/** An object that nothing watches is applied again after this time, in case someone has changed it. */
const AGAIN_MS = 5 * 60_000;

type Owner = { metadata: { uid: string; name: string; namespace: string } };

interface Known {
  /** What was applied last; null for an object that is not wanted and not there. */
  text: string | null;
  at: number;
}

/** The objects of the name of their owner: applied when they differ from what was applied last. */
export class OwnedObjects {
  /** By the uid of the owner, then by kind. */
  private readonly known = new Map<string, Map<string, Known>>();

  constructor(private readonly client: KubeClient) {}

  /**
   * @param missing whether a cache says that there is no such object
   * @throws NameTakenError when the object exists and belongs to another
   */
  async apply<T extends KubeObject>(
    owner: Owner,
    type: ResourceType<T>,
    object: Applied<T>,
    missing = false,
  ): Promise<void> {
    const text = JSON.stringify(object);
    const known = this.find(owner, type);
    if (known?.text === text && !missing && Date.now() < known.at + AGAIN_MS) return;
    await applyOwned(this.client, type, object, owner);
    this.remember(owner, type, text);
  }

  /** Deletes an object that is not wanted any more, if it is the owner's. */
  async remove(owner: Owner, type: ResourceType): Promise<void> {
    if (this.find(owner, type)?.text === null) return;
    const found = await this.client.find(type, owner.metadata);
    if (found && controllerOf(found)?.uid === owner.metadata.uid)
      await this.client.delete(type, owner.metadata, { preconditions: { uid: found.metadata.uid } });
    this.remember(owner, type, null);
  }

  /** The owner is gone. */
  forget(uid: string): void {
    this.known.delete(uid);
  }

  private find({ metadata }: Owner, type: ResourceType): Known | undefined {
    return this.known.get(metadata.uid)?.get(type.plural);
  }

  private remember({ metadata }: Owner, type: ResourceType, text: string | null): void {
    const objects = this.known.get(metadata.uid) ?? new Map<string, Known>();
    this.known.set(metadata.uid, objects.set(type.plural, { text, at: Date.now() }));
  }
}
