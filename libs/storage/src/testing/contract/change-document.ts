import { changeDocument, changeVersion, readDocument } from '../../documents/change-document';
import type { ObjectStore } from '../../object-store';
import { keysOf } from '../keys-of';
import type { StoreContract } from './contract';

export const changeDocumentContract: StoreContract = (open) => {
  let store: ObjectStore;
  beforeEach(() => {
    store = open();
  });

  it('creates, reads and changes a document', async () => {
    expect(await readDocument(store, 'a.json')).toBeNull();
    expect(await changeDocument(store, 'a.json', (found) => ({ found }))).toEqual({ found: null });
    expect(await changeDocument(store, 'a.json', (found) => ({ found }))).toEqual({ found: { found: null } });
    expect(await readDocument(store, 'a.json')).toEqual({ found: { found: null } });
  });

  it('loses none of many concurrent changes', async () => {
    const add = (name: string) =>
      changeDocument(store, 'a.json', (found) => ({
        names: [...((found as { names: string[] })?.names ?? []), name],
      }));
    const names = Array.from({ length: 15 }, (_, i) => `writer-${i}`);
    await Promise.all(names.map(add));
    expect(new Set(((await readDocument(store, 'a.json')) as { names: string[] }).names)).toEqual(
      new Set(names),
    );
  });

  it('writes nothing when the change throws', async () => {
    const refuse = () => {
      throw new Error('not like this');
    };
    await expect(changeDocument(store, 'a.json', refuse)).rejects.toThrow('not like this');
    expect(await keysOf(store)).toEqual([]);
  });

  it('writes nothing when nothing changes', async () => {
    await changeDocument(store, 'a.json', () => ({ n: 1 }));
    const before = await store.head('a.json');
    expect(await changeDocument(store, 'a.json', () => ({ n: 1 }))).toEqual({ n: 1 });
    const read = async () => before && { etag: before.etag, document: { n: 1 } };
    expect(await changeVersion(store, 'a.json', read, () => null)).toEqual(await read());
    expect(
      await changeVersion(
        store,
        'b.json',
        async () => null,
        () => null,
      ),
    ).toBeNull();
    expect(await store.head('a.json')).toEqual(before);
    expect(await keysOf(store)).toEqual(['a.json']);
  });

  it('names the key of a document that is not JSON', async () => {
    await store.put('a.json', Buffer.from('{"half'));
    await expect(readDocument(store, 'a.json')).rejects.toThrow(
      /"a\.json" is not JSON: .*delete or repair it/,
    );
    await expect(changeDocument(store, 'a.json', () => ({}))).rejects.toThrow(/"a\.json" is not JSON/);
  });
};
