import { createEvent } from '@open-chatgpt/events';
import type { Sample } from '@open-chatgpt/runs';
import { createTranslator, idOf, type OutgoingEvent, type RunContext } from './outgoing-events';

const run: RunContext = { runId: 'r-sft', stage: 'sft', algorithm: 'sft', attempt: 1 };

/** The events of some samples, as the contract accepts them. */
function publish(samples: Sample[]) {
  const outgoing = createTranslator(run, 'worker')({ type: 'samples', stage: 'sft', step: 1, samples });
  return outgoing.map((event: OutgoingEvent) =>
    createEvent(event.type, event.data, { source: '/worker', id: idOf(event) }),
  );
}

describe('the events of a worker', () => {
  it('contain answers with their references, and pairs with their scores', () => {
    const samples = [
      { prompt: '2+2?', response: '4', reference: '4', right: true, reward: 1.5 },
      { prompt: 'hi', response: 'Hello!', reward: 1, rejected: { response: 'no', reward: -1 } },
    ];
    expect(publish(samples)).toEqual([
      expect.objectContaining({ id: expect.any(String), data: expect.objectContaining({ samples }) }),
    ]);
  });

  it('shorten long answers of both kinds', () => {
    const long = 'x'.repeat(20_000);
    const [{ data }] = publish([{ prompt: 'p', response: long, rejected: { response: long, reward: 0 } }]);
    const [sample] = (data as { samples: Sample[] }).samples;
    expect([sample.response.length, sample.rejected!.response.length]).toEqual([16_384, 16_384]);
  });
});
