import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Runs the benchmarks that are named, or all of them, one after the other. Figures of one run compare; those of two do not. */
const ALL = ['sync', 'search', 'where', 'http', 'missing', 'access', 'connect'];

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !ALL.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`There is no benchmark ${unknown.join(', ')}. There are: ${ALL.join(', ')}\n`);
  process.exit(2);
}
for (const name of asked.length > 0 ? asked : ALL) {
  const { status } = spawnSync(process.execPath, [fileURLToPath(new URL(`${name}.ts`, import.meta.url))], { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}
