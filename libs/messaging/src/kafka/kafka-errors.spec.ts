import {
  KafkaJSConnectionError,
  KafkaJSGroupCoordinatorNotFound,
  KafkaJSNonRetriableError,
  KafkaJSNumberOfRetriesExceeded,
} from 'kafkajs';
import { isTransient } from './kafka-errors';

describe('isTransient', () => {
  const wrapped = (cause: Error) => Object.assign(new KafkaJSNonRetriableError('in layers'), { cause });
  // Its type does not know of the message.
  const noCoordinator: Error = Reflect.construct(KafkaJSGroupCoordinatorNotFound, ['x']);

  it.each<[string, Error, boolean]>([
    ['a connection that broke', new KafkaJSConnectionError('broke'), true],
    [
      'retries that were not enough',
      new KafkaJSNumberOfRetriesExceeded('x', { retryCount: 8, retryTime: 1 }),
      true,
    ],
    ['a coordinator that is not there yet', noCoordinator, true],
    ['the same in layers', wrapped(noCoordinator), true],
    ['a wrong request', new KafkaJSNonRetriableError('x'), false],
    ['an error of our own', new Error('retriable'), false],
  ])('of %s', (_, error, expected) => expect(isTransient(error)).toBe(expected));
});
