/**
 * The Python of the virtual environment that has the packages of a requirements file, in the cache folder. It is made where it
 * is not yet, from a package index. A changed file gets another environment.
 * @throws Error when Python 3 or a package is missing
 */
export function makeEnvironment(requirements: string): string;

/** The Python of that environment, or null where it has not been made. */
export function findEnvironment(requirements: string): string | null;
