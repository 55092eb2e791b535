import fc from 'fast-check';
import { ModelFileError } from '../weights/model-file-error';

/** Opens a file with these bytes. @throws Error of any other kind than ModelFileError */
export async function survives(open: (bytes: Uint8Array) => Promise<unknown>, bytes: Uint8Array) {
  try {
    await open(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(ModelFileError);
  }
}

/** Opens variants of a valid file: some bytes changed, or cut off. @throws Error as `survives` */
export async function survivesDamage(open: (bytes: Uint8Array) => Promise<unknown>, valid: Buffer) {
  const edits = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(edits, fc.nat(valid.length), async (changes, length) => {
      const bytes = Buffer.from(valid);
      for (const [at, value] of changes) bytes[at] = value;
      await survives(open, bytes);
      await survives(open, valid.subarray(0, length));
    }),
    { numRuns: 300 },
  );
}
