export interface ImageOptions {
  /** With its tag, such as localhost/tiny:1. */
  name: string;
  /** Source path by path in the image. */
  files: Readonly<Record<string, string>>;
  /** Targets of symbolic links by path in the image. */
  links?: Readonly<Record<string, string>>;
  entrypoint: readonly string[];
  /** UID:GID; root by default. */
  user?: string;
}

/** Writes an image of one layer as an archive in Docker's format. */
export function writeImage(archive: string, image: ImageOptions): void;

/** Writes an image of BusyBox, with its programs in /bin; needs Debian's package busybox-static. */
export function writeBusybox(archive: string, name?: string): void;
