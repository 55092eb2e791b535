/**
 * The images of the chart's development option, Kafka and an S3 server, made without a registry from what the tests of this
 * repository use. They take the commands and arguments of apache/kafka and versity/versitygw.
 */
const { execFileSync } = require('node:child_process');
const { chmodSync, existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { basename, dirname, join } = require('node:path');
const { fetchJars } = require('../kafka/jars.cjs');
const { ensureVersitygw } = require('../s3/versitygw.cjs');
const { writeImage } = require('./image.cjs');

/** What the broker loads of Java. */
const MODULES = [
  'java.base',
  // java.beans, for log4j
  'java.desktop',
  'java.logging',
  'java.management',
  'java.naming',
  'java.security.jgss',
  'java.security.sasl',
  'java.sql',
  'java.xml',
  'jdk.crypto.ec',
  'jdk.management',
  'jdk.unsupported',
];

const JAVA =
  'exec /java/bin/java $KAFKA_HEAP_OPTS -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dlog4j2.configurationFile=/opt/kafka/log4j2.properties -cp "/opt/kafka/libs/*"';

const KAFKA_PROGRAMS = {
  'kafka-storage.sh': 'kafka.tools.StorageTool',
  'kafka-server-start.sh': 'kafka.Kafka',
};

/** Writes an image of the Kafka that the tests use, with Java of this machine. Needs jlink and Debian's package busybox-static. */
async function writeKafkaImage(archive, name) {
  const jars = await fetchJars();
  const folder = mkdtempSync(join(tmpdir(), 'open-chatgpt-kafka-image-'));
  try {
    const java = join(folder, 'java');
    execFileSync('jlink', [
      '--add-modules',
      MODULES.join(','),
      '--strip-debug',
      '--no-man-pages',
      '--no-header-files',
      '--output',
      java,
    ]);
    const programs = Object.entries(KAFKA_PROGRAMS).map(([file, main]) => {
      const path = join(folder, file);
      writeFileSync(path, `#!/bin/sh\n${JAVA} ${main} "$@"\n`);
      chmodSync(path, 0o755);
      return [`/opt/kafka/bin/${file}`, path];
    });
    writeImage(archive, {
      name,
      files: {
        '/bin/busybox': '/bin/busybox',
        '/java': java,
        '/opt/kafka/libs': jars,
        '/opt/kafka/log4j2.properties': join(__dirname, '../kafka/log4j2.properties'),
        ...Object.fromEntries(programs),
        ...sharedLibraries([
          join(java, 'bin/java'),
          join(java, 'lib/server/libjvm.so'),
          join(java, 'lib/libjava.so'),
          join(java, 'lib/libzip.so'),
        ]),
      },
      links: { '/bin/sh': 'busybox' },
      entrypoint: ['/bin/sh'],
      user: '1000:1000',
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes an image of the S3 server that the tests use: a static program. */
function writeS3Image(archive, name) {
  writeImage(archive, {
    name,
    files: { '/bin/versitygw': ensureVersitygw() },
    entrypoint: ['/bin/versitygw'],
    user: '1000:1000',
  });
}

/** The system's libraries that programs need, by their paths. */
function sharedLibraries(programs) {
  const libraries = programs.flatMap((program) =>
    [...execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/(\/\S+)/g)].map(([path]) =>
      path.replace(/:$/, ''),
    ),
  );
  const system = libraries.filter(
    (path) => existsSync(path) && /^\/(lib|usr\/lib)/.test(path) && !programs.includes(path),
  );
  return Object.fromEntries(
    system.flatMap((path) => (basename(dirname(path)) === 'server' ? [] : [[path, realpathSync(path)]])),
  );
}

module.exports = { writeKafkaImage, writeS3Image };
