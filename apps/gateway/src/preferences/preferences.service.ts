import { Injectable } from '@nestjs/common';
import { EventPublisher } from '@open-chatgpt/messaging';
import type { DocumentStore } from '../documents/document-store';
import { Documents } from '../documents/documents';
import { isSame, type Preference, preferenceSchema } from './preference';

export type Outcome = 'accepted' | 'duplicate' | 'conflict';

/** Concurrent writes. */
const CONCURRENCY = 16;

/** Stores each preference once and never changes it. The preferences of one dataset id make up a preference dataset. */
@Injectable()
export class PreferencesService {
  constructor(
    private readonly documents: Documents,
    private readonly events: EventPublisher,
  ) {}

  /** Stores and publishes preferences. @returns the outcome of each; a conflict is another preference with the same id */
  async submit(preferences: readonly Preference[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (let i = 0; i < preferences.length; i += CONCURRENCY) {
      outcomes.push(
        ...(await Promise.all(preferences.slice(i, i + CONCURRENCY).map((one) => this.store(one)))),
      );
    }
    // Publishes duplicates too: a crash may have prevented it before. Readers ignore a second event of the same id.
    await this.events.publishAll(
      preferences
        .filter((_, i) => outcomes[i] !== 'conflict')
        .map(({ createdAt: _, ...data }) =>
          this.events.create('preference.submitted', data, { id: `${data.datasetId}/${data.preferenceId}` }),
        ),
    );
    return outcomes;
  }

  async store(preference: Preference): Promise<Outcome> {
    const documents = this.documentsOf(preference.datasetId);
    if (await documents.create(preference.preferenceId, preference)) return 'accepted';
    const found = await documents.get(preference.preferenceId);
    return found && isSame(found, preference) ? 'duplicate' : 'conflict';
  }

  /** The preferences of one dataset, in the order of their ids. */
  of(datasetId: string): AsyncGenerator<Preference> {
    return this.documentsOf(datasetId).each();
  }

  private documentsOf(datasetId: string): DocumentStore<Preference> {
    return this.documents.collection(`preferences/${datasetId}`, preferenceSchema);
  }
}
