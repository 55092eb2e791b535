/**
 * A model file that cannot be used: damaged, incomplete or unsupported. The message names the file, what was
 * found, what was expected and the remedy. Parsers in this library throw nothing else for bad input.
 */
export class ModelFileError extends Error {
  constructor(where: string, problem: string) {
    super(`${where}: ${problem}`);
    this.name = 'ModelFileError';
  }
}
