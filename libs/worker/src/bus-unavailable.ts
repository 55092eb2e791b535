/** The bus did not accept the events of a run in time. A repeated attempt publishes the final ones again. */
export class BusUnavailable extends Error {}

/** @throws BusUnavailable when `publishing` fails, or takes longer than this */
export async function withinPatience(publishing: Promise<void>, patienceMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `bus: the events of the run were not accepted within ${patienceMs / 1000} s`;
    timer = setTimeout(() => reject(new BusUnavailable(message)), patienceMs);
  });
  try {
    await Promise.race([publishing, late]);
  } catch (error) {
    if (error instanceof BusUnavailable) throw error;
    throw new BusUnavailable(`bus: ${(error as Error).message}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
