import {
  KafkaJSConnectionError,
  KafkaJSGroupCoordinatorNotFound,
  KafkaJSNonRetriableError,
  KafkaJSNumberOfRetriesExceeded,
} from 'kafkajs';
import { isTransient } from './kafka-errors';

describe('isTransient', () => {
  const wrapped = (cause: Error) => Object.assign(new KafkaJSNonRetriableError('wrapped'), { cause });
  // The type of the constructor lacks the message parameter.
  const noCoordinator: Error = Reflect.construct(KafkaJSGroupCoordinatorNotFound, ['x']);

  it.each<[string, Error, boolean]>([
    ['a broken connection', new KafkaJSConnectionError('broken'), true],
    ['exhausted retries', new KafkaJSNumberOfRetriesExceeded('x', { retryCount: 8, retryTime: 1 }), true],
    ['a missing group coordinator', noCoordinator, true],
    ['a wrapped missing group coordinator', wrapped(noCoordinator), true],
    ['an invalid request', new KafkaJSNonRetriableError('x'), false],
    ['an error that is not from kafkajs', new Error('retriable'), false],
  ])('for %s', (_, error, expected) => expect(isTransient(error)).toBe(expected));
});
