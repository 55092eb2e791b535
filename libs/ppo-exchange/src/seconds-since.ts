/** @param time of an event; the clock of its sender may be ahead of ours */
export const secondsSince = (time: string): number => Math.max(0, Date.now() - Date.parse(time)) / 1000;
