#!/usr/bin/env node
// Plain ES2015 without `import`, so that any Node parses it, as a module or as a script: the version is looked at before
// anything newer is read. A Node that is too old hands over to the one that `npm ci` puts beside the package.

/** The database driver crashes below this one. */
const COMPILED = { main: '../dist/src/main.js', needs: [22, 14], remedy: 'Install a newer Node.' };
/** From here on Node reads TypeScript as it is. */
const WRITTEN = { main: './main.ts', needs: [22, 18], remedy: 'Install a newer Node, or run "npm ci" in its folder.' };
const WRONG_USAGE = 2;

// A Node that does not know `import()` at all ends in the second.
Promise.resolve(['fs', 'path', 'child_process', 'os', 'module'])
  .then((names) => Promise.all(names.map(load)))
  .then(start, () => refuse(COMPILED));

function start(builtins) {
  const fs = builtins[0];
  const path = builtins[1];
  const launcher = fs.realpathSync(process.argv[1]);
  const src = path.dirname(launcher);
  // What is written goes before what was compiled from it once: in a package there is nothing written.
  const program = fs.existsSync(path.join(src, 'main.ts')) ? WRITTEN : COMPILED;
  if (canRun(program)) {
    if (program === WRITTEN) remember(builtins[4], path.join(src, '..', 'node_modules', '.cache', 'castellan'));
    return load(program.main);
  }
  const beside = path.join(src, '..', 'node_modules', 'node', 'bin', 'node');
  if (!fs.existsSync(beside) || fs.realpathSync(beside) === fs.realpathSync(process.execPath)) return refuse(program);
  return handOver(builtins[2], builtins[3], [beside, launcher].concat(process.argv.slice(2))).on('error', () => refuse(program));
}

function canRun(program) {
  const parts = process.version.slice(1).split('.').map(Number);
  const isNewEnough = parts[0] > program.needs[0] || (parts[0] === program.needs[0] && parts[1] >= program.needs[1]);
  return isNewEnough && (program === COMPILED || Boolean(process.features.typescript));
}

/**
 * To read TypeScript as it is takes longer than to run it: what was read once is kept, for threads too, in the clone's own
 * folder, where whoever may write could as well write code. What was compiled starts about as fast without.
 */
function remember(module, folder) {
  process.env.NODE_COMPILE_CACHE = process.env.NODE_COMPILE_CACHE || folder;
  module.enableCompileCache();
}

/** Made from text, because a parser that does not know `import()` would refuse this whole file. */
function load(specifier) {
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval
  return new Function('specifier', 'return import(specifier)')(specifier);
}

function refuse(program) {
  const needed = program.needs.join('.');
  process.stderr.write(`Castellan needs Node ${needed} or newer, and this is ${process.version}. ${program.remedy}\n`);
  process.exitCode = WRONG_USAGE;
}

/** Hands signals down, and the way it ended up. Listens before the child runs: a signal in between would leave it an orphan. */
function handOver(childProcess, os, argv) {
  ['SIGINT', 'SIGTERM', 'SIGHUP'].forEach((signal) => process.on(signal, () => child.kill(signal)));
  const child = childProcess.spawn(argv[0], argv.slice(1), { stdio: 'inherit' });
  child.on('exit', (code, signal) => {
    process.exitCode = signal ? 128 + os.constants.signals[signal] : code;
  });
  return child;
}
