import {
  type Applied,
  controllerOf,
  type KubeClient,
  type KubeObject,
  type ResourceType,
} from '@open-chatgpt/kube';
import { FIELD_MANAGER } from './names';

/** An object that nothing watches is applied again after this time, in case someone has changed it. */
const AGAIN_MS = 5 * 60_000;

interface Known {
  /** What was applied last; null for an object that was deleted. */
  text: string | null;
  at: number;
}

/** An object of this name exists already, and another one controls it. */
export class NameTakenError extends Error {}

/** The objects that a resource owns: applied when they differ from what was applied last. */
export class OwnedObjects {
  private readonly known = new Map<string, Map<string, Known>>();

  constructor(private readonly client: KubeClient) {}

  /**
   * @param owner key of the resource
   * @param missing whether a cache says that there is no such object
   * @throws NameTakenError when the object exists and belongs to another
   */
  async apply<T extends KubeObject>(
    owner: string,
    type: ResourceType<T>,
    object: Applied<T>,
    missing = false,
  ): Promise<void> {
    const text = JSON.stringify(object);
    const known = this.find(owner, type);
    if (known?.text === text && !missing && Date.now() < known.at + AGAIN_MS) return;
    if (!known) await this.checkOwner(type, object);
    await this.client.apply(type, object as never, { fieldManager: FIELD_MANAGER, force: true });
    this.remember(owner, type, text);
  }

  /** Deletes an object that is not wanted any more, if it is the owner's. */
  async remove(
    owner: string,
    type: ResourceType,
    name: { name: string; namespace: string },
    ownerUid: string,
  ) {
    const known = this.find(owner, type);
    if (known?.text === null) return;
    const found = await this.client.find(type, name);
    if (found && controllerOf(found)?.uid === ownerUid)
      await this.client.delete(type, name, { preconditions: { uid: found.metadata.uid } });
    this.remember(owner, type, null);
  }

  /** The owner is gone. */
  forget(owner: string): void {
    this.known.delete(owner);
  }

  private async checkOwner(type: ResourceType, object: KubeObject): Promise<void> {
    const { name, namespace } = object.metadata;
    const found = await this.client.find(type, { name: name!, namespace });
    if (found && controllerOf(found)?.uid !== controllerOf(object)?.uid)
      throw new NameTakenError(
        `there is a ${type.kind} ${name} already, which belongs to another; delete it, or rename the resource`,
      );
  }

  private find(owner: string, type: ResourceType): Known | undefined {
    return this.known.get(owner)?.get(type.plural);
  }

  private remember(owner: string, type: ResourceType, text: string | null): void {
    const objects = this.known.get(owner) ?? new Map<string, Known>();
    this.known.set(owner, objects.set(type.plural, { text, at: Date.now() }));
  }
}
