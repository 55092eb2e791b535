/**
 * An invalid model file: damaged, incomplete or unsupported. The message names the file, the finding, the expectation and
 * the remedy. The parsers of this library throw no other error for invalid input.
 */
export class ModelFileError extends Error {
  constructor(where: string, problem: string) {
    super(`${where}: ${problem}`);
    this.name = 'ModelFileError';
  }
}
