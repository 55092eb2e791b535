/** Writes an image of the Kafka that the tests use, with Java of this machine, in place of apache/kafka. */
export function writeKafkaImage(archive: string, name: string): Promise<void>;

/** Writes an image of the S3 server that the tests use, in place of versity/versitygw. */
export function writeS3Image(archive: string, name: string): void;
