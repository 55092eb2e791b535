import { GraphError } from '@open-chatgpt/autodiff';

/** The message of the GraphError that `act` throws. Rethrows any other error. */
export function graphErrorOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof GraphError) return error.message;
    throw error;
  }
  throw new Error('no GraphError was thrown');
}
