/** A file is damaged from some place on. The rows before that place have been read. */
export class CorruptFileError extends Error {
  constructor(
    /** Such as "gzip". */
    readonly format: string,
    readonly reason: string,
  ) {
    super(`damaged ${format}: ${reason}`);
  }
}

/** The format of the content is not supported. In a folder, such a file is skipped. */
export class UnknownFormatError extends Error {}

/** A dataset holds no examples of the kind that is wanted. */
export class OtherKindError extends Error {}

/** A file unpacks to more bytes than its limits allow. */
export class UnpacksTooMuchError extends Error {}
