import { Inject, Injectable } from '@nestjs/common';
import { EventPublisher } from '@open-chatgpt/messaging';
import { OBJECT_STORE } from '@open-chatgpt/service';
import type { ObjectStore } from '@open-chatgpt/storage';
import { DocumentStore } from '../documents/document-store';
import { isSame, type Preference } from './preference';

export type Outcome = 'accepted' | 'duplicate' | 'conflict';

/** Documents written at once. */
const AT_ONCE = 16;

/** Keeps preferences: each once, never changed. Those of one dataset id become a preference dataset. */
@Injectable()
export class PreferencesService {
  constructor(
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
    private readonly events: EventPublisher,
  ) {}

  /** Keeps them and tells of them. @returns what became of each; a conflict is another one of the same id */
  async submit(preferences: readonly Preference[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (let i = 0; i < preferences.length; i += AT_ONCE) {
      outcomes.push(...(await Promise.all(preferences.slice(i, i + AT_ONCE).map((one) => this.keep(one)))));
    }
    // Duplicates too: a crash may have come between keeping and telling. Of the same id, readers skip it.
    await this.events.publishAll(
      preferences
        .filter((_, i) => outcomes[i] !== 'conflict')
        .map(({ createdAt: _, ...data }) =>
          this.events.create('preference.submitted', data, { id: `${data.datasetId}/${data.preferenceId}` }),
        ),
    );
    return outcomes;
  }

  async keep(preference: Preference): Promise<Outcome> {
    const documents = this.documentsOf(preference.datasetId);
    if (await documents.create(preference.preferenceId, preference)) return 'accepted';
    const found = await documents.get(preference.preferenceId);
    return found && isSame(found, preference) ? 'duplicate' : 'conflict';
  }

  /** Those of one dataset, in the order of their ids. */
  of(datasetId: string): AsyncGenerator<Preference> {
    return this.documentsOf(datasetId).each();
  }

  private documentsOf(datasetId: string): DocumentStore<Preference> {
    return new DocumentStore(this.objects, `preferences/${datasetId}`);
  }
}
