import type { z } from 'zod';

const credential =
  /passw(or)?d|secret|credential|signature|bearer|authorization|(api|access|private)[-_]?key|(access|api|auth|hf|hub|id|refresh|security)[-_]?token$|^(token|sig)$/i;

/** Whether a field or parameter of this name holds a credential, which must not travel in events. */
export const namesCredential = (name: string): boolean => credential.test(name);

/** The credential in an absolute URI; undefined if it has none. */
function credentialIn(value: string): string | undefined {
  if (!URL.canParse(value)) return undefined;
  const { username, password, searchParams } = new URL(value);
  if (username || password) return 'a user name or password';
  return [...searchParams.keys()].find(namesCredential);
}

/** The same string schema; rejects a URI with a user name, a password or a signature. */
export const withoutCredentials = <Schema extends z.ZodType<string>>(schema: Schema) =>
  schema.superRefine((value, context) => {
    const found = credentialIn(value);
    if (found === undefined) return;
    const message = `must not hold credentials, configure them at the store; found ${found}`;
    // Without the input, which must not be logged.
    context.addIssue({ code: 'custom', message });
  });
