/** The file's bytes are not what they should be from some place on; what was before it has been given out. */
export class CorruptFileError extends Error {
  constructor(
    /** As "gzip". */
    readonly format: string,
    readonly reason: string,
  ) {
    super(`damaged ${format}: ${reason}`);
  }
}

/** The content is in no format that is read. In a folder, such a file is passed over. */
export class UnknownFormatError extends Error {}
