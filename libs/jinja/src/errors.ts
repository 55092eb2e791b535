/**
 * Why a template gives no text: it is not Jinja (`syntax`), it refuses the conversation itself (`rejected`, by
 * raise_exception), it computes something impossible (`runtime`), it needs what this engine lacks (`unsupported`), or it
 * exceeds a limit (`limit`).
 */
export type TemplateErrorKind = 'syntax' | 'rejected' | 'runtime' | 'unsupported' | 'limit';

/** An error of a template, with the line that caused it. */
export class TemplateError extends Error {
  constructor(
    readonly kind: TemplateErrorKind,
    /** What is wrong, without the line. */
    readonly reason: string,
    public line: number | null = null,
  ) {
    super(reason);
    this.name = 'TemplateError';
  }
}

/** An error of the computation, in the words of Python. */
export const runtimeError = (reason: string): TemplateError => new TemplateError('runtime', reason);

/** Adds the line to an error of a template that has none. */
export function atLine(error: unknown, line: number): unknown {
  if (error instanceof TemplateError) error.line ??= line;
  return error;
}
