import { MachineError } from '@open-chatgpt/runtime';
import { StorageUnavailableError } from '@open-chatgpt/storage';
import { interrupted, ofError, ofRunEnd } from './one-run-end';
import { terminationMessage } from './termination-message';
import { parseTrainerArguments } from './trainer-arguments';

const position = { attempt: 2, step: 7 };
const model = { uri: 's3://b/models/r/1/manifest.json', sha256: 'a'.repeat(64), size: 9, version: '1' };

describe('the end of a process that executes one run', () => {
  it.each([
    [ofRunEnd({ outcome: 'completed', ...position, model }), 0, 'completed'],
    [ofRunEnd({ outcome: 'failed', ...position, error: { code: 'X', message: 'y' } }), 65, 'failed'],
    [ofRunEnd({ outcome: 'cancelled', ...position }), 65, 'failed'],
    [ofError(new Error('a field is wrong'), position), 65, 'failed'],
    [ofError(new MachineError('no GPU'), position), 71, 'machine'],
    [ofError(new StorageUnavailableError('no response'), position), 75, 'unavailable'],
    [ofRunEnd({ outcome: 'takenOver', ...position }), 79, 'takenOver'],
    [interrupted(15, position), 143, 'interrupted'],
    [interrupted(2), 130, 'interrupted'],
  ])('has a code: %j', (end, exitCode, outcome) => {
    expect(end).toMatchObject({ exitCode, outcome });
  });

  it('is a message for the status of the pod', () => {
    const end = ofRunEnd({ outcome: 'completed', ...position, model });
    expect(JSON.parse(terminationMessage('run-1', end))).toEqual({
      runId: 'run-1',
      ...position,
      outcome: 'completed',
      model,
    });
  });

  it('has a message of at most 4096 bytes, whatever its characters', () => {
    for (const character of ['x', '\n', '漢', '\u0000']) {
      const text = terminationMessage('run-1', ofError(new Error(character.repeat(20_000)), position));
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4096);
      expect(Buffer.byteLength(text)).toBeGreaterThan(3500);
      expect(JSON.parse(text)).toMatchObject({ outcome: 'failed', error: { code: 'StageFailed' } });
    }
  });
});

describe('the arguments of a trainer', () => {
  it('say whether it serves or executes one run', () => {
    expect(parseTrainerArguments([])).toEqual({ name: 'serve' });
    expect(parseTrainerArguments(['run', '--request', 'a.json'])).toEqual({ name: 'run', file: 'a.json' });
    expect(parseTrainerArguments(['run', '--help'])).toEqual({ name: 'help' });
  });

  it.each([
    [['run'], 'name the file of the request with --request FILE'],
    [['serve'], 'unknown argument "serve"'],
    [['run', 'x', '--request', 'a'], 'unknown argument "x"'],
    [['--request', 'a'], '--request belongs to the command run'],
    [['run', '--file', 'a'], "Unknown option '--file'"],
  ])('are refused: %j', (args, message) => {
    expect(() => parseTrainerArguments(args)).toThrow(message);
  });
});
