import { workerData } from 'node:worker_threads';
import koffi from 'koffi';
import { loadLibrary } from '../../native-library';
import type { Address } from '../pjrt-api';
import type { KeyValueAnswer, KeyValueQuestion } from './network-thread';
import { answerEach, ask, type ThreadEnd } from './thread-call';

export type CallbackKind = 'get' | 'tryGet' | 'put';

/** Offsets of the fields in the arguments of PJRT's callbacks (PJRT_KeyValueGetCallback_Args and so on, pjrt_c_api.h). */
const FIELDS = {
  get: { timeout: 32, error: 40, value: 56 },
  tryGet: { error: 32, value: 48 },
  put: { error: 48, given: 32 },
} as const satisfies Record<CallbackKind, object>;
const KEY = 16;

const { kind, main, network } = workerData as {
  kind: CallbackKind;
  /** Asks for the address of the callback. */
  main: ThreadEnd;
  network: ThreadEnd;
};

const libc = loadLibrary('libc.so.6', 'the C library');
const allocate = libc.func('malloc', 'uint64_t', ['size_t']) as (size: number) => bigint | number;
const find = libc.func('dlsym', 'uint64_t', ['uint64_t', 'str']) as (
  library: bigint,
  name: string,
) => bigint | number;
const free = BigInt(find(0n, 'free'));
const callbackError = koffi.proto('uint64_t', ['int', 'str', 'size_t']);

const read = (address: Address): Address => BigInt(koffi.decode(address, 'uint64_t') as bigint | number);
const write = (address: Address, value: Address) => koffi.encode(address, 'uint64_t', value);

/** The bytes whose address and length are in two consecutive fields. */
function bytesAt(field: Address): Buffer {
  const length = Number(read(field + 8n));
  if (length === 0) return Buffer.alloc(0);
  return Buffer.from(koffi.decode(read(field), koffi.array('uint8_t', length)) as number[]);
}

/** Answers the plugin, on this thread, while the plugin's thread waits. @returns an error of PJRT, or 0 */
function callback(pointer: bigint | number): bigint {
  const args = BigInt(pointer);
  const fields: { timeout?: number; error: number; value?: number; given?: number } = FIELDS[kind];
  const question: KeyValueQuestion = {
    kind,
    key: bytesAt(args + BigInt(KEY)).toString(),
    value: fields.given === undefined ? new Uint8Array() : bytesAt(args + BigInt(fields.given)),
    timeoutMs:
      fields.timeout === undefined ? 0 : (koffi.decode(args + BigInt(fields.timeout), 'int') as number),
  };
  const answer = ask<KeyValueAnswer>(network, question);
  if ('code' in answer) {
    const fail = koffi.decode(read(args + BigInt(fields.error)), callbackError);
    return BigInt(fail(answer.code, answer.message, Buffer.byteLength(answer.message)));
  }
  if (fields.value !== undefined) giveValue(args + BigInt(fields.value), answer.value);
  return 0n;
}

/** Writes the address of a copy, its length, and the function that the plugin calls to free it. */
function giveValue(field: Address, value: Uint8Array): void {
  const copy = BigInt(allocate(Math.max(value.length, 1)));
  koffi.encode(copy, koffi.array('uint8_t', value.length), value);
  write(field, copy);
  write(field + 8n, BigInt(value.length));
  write(field + 16n, free);
}

const registered = koffi.register(callback, koffi.pointer(koffi.proto('uint64_t', ['void *'])));
answerEach(main, async () => BigInt(koffi.address(registered) as bigint));
