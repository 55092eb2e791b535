import { ConnectionError, HttpStatusError } from '@open-chatgpt/download';
import { InUse } from '@open-chatgpt/runs';
import { MachineError } from '@open-chatgpt/runtime';
import { StorageFullError, StorageRefusedError, StorageUnavailableError } from '@open-chatgpt/storage';
import { TrainingDiverged, TrainingInterrupted } from '@open-chatgpt/training';
import { BusUnavailable } from './bus-unavailable';
import { causeOf } from './failure-cause';

const systemError = (code: string) => Object.assign(new Error(`${code}: failed`), { code });

describe('the cause of a failure', () => {
  it.each<[string, unknown, string]>([
    ['a wrong field', new Error('sft.dataset.path: is not here'), 'run'],
    ['divergence', new TrainingDiverged(3, 'the loss is NaN', 'Lower the rate'), 'run'],
    ['a missing file', systemError('ENOENT'), 'run'],
    ['a file that is not there any more', new HttpStatusError('404', 404), 'run'],
    ['a missing library', new MachineError('cannot load'), 'machine'],
    ['a full disk', systemError('ENOSPC'), 'machine'],
    ['a full disk as a cause', new Error('saving', { cause: systemError('EDQUOT') }), 'machine'],
    ['a full disk of the cache', new StorageFullError('x', { cause: systemError('ENOSPC') }), 'machine'],
    ['no memory for an array', new RangeError('Array buffer allocation failed'), 'machine'],
    ['a folder in use', new InUse('in use by process 1'), 'machine'],
    ['a full bucket', new StorageFullError('the quota of the bucket is used up'), 'service'],
    ['no store', new StorageUnavailableError('no response'), 'service'],
    ['a store that refuses', new StorageRefusedError('no permission'), 'service'],
    ['no bus', new BusUnavailable('no response'), 'service'],
    ['no network', new ConnectionError('cannot be reached'), 'service'],
    ['a busy server', new HttpStatusError('503', 503), 'service'],
    ['a broken connection', systemError('ECONNRESET'), 'service'],
    ['a stop', new TrainingInterrupted(3, null), 'stop'],
    ['no error at all', 'text', 'run'],
  ])('%s', (_, error, cause) => {
    expect(causeOf(error)).toBe(cause);
  });
});
