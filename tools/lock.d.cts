/**
 * Takes the lock file at `path`; it waits, blocking the thread, while a live process has it. The lock of a process that has
 * died is taken over.
 * @param waiting called once with the process id of the holder before the first wait
 * @returns the function that releases the lock
 */
export function acquireLock(path: string, waiting?: (pid: number) => void): () => void;

/** Whether a process with this id runs on this machine. */
export function isAlive(pid: number): boolean;
