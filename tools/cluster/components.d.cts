/** Path of a program: kube, kwok, kueue, coredns, jobset, kubectl or helm. */
export function programPath(program: string): string;

/** Folder of the custom resources and webhooks that belong to `name`: kueue, jobset or foreign-resources. */
export function manifestsFolder(name: string): string;
