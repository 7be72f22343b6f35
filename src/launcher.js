#!/usr/bin/env node
// Plain ES2015 without `import`, so that any Node parses it, as a module or as a script: the version is looked at before
// anything newer is read. A Node that is too old hands over to the one `npm ci` puts beside the package.

/** The database driver crashes below 22.14; main.ts is read as it is from 22.18 on. */
const DRIVER = [22, 14];
const NEEDED = '22.18';
const WRONG_USAGE = 2;

if (canRun()) load('./main.ts');
else relaunch();

function canRun() {
  const parts = process.version.slice(1).split('.').map(Number);
  const driverWorks = parts[0] > DRIVER[0] || (parts[0] === DRIVER[0] && parts[1] >= DRIVER[1]);
  return driverWorks && Boolean(process.features.typescript);
}

/** Made from text, because a parser that does not know `import()` would refuse this whole file. */
function load(specifier) {
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval
  return new Function('specifier', 'return import(specifier)')(specifier);
}

function builtin(name) {
  return typeof require === 'function' ? require(name) : load(name);
}

/** Runs the same command on the Node beside the package, where there is one. */
function relaunch() {
  Promise.all(['fs', 'path', 'child_process', 'os'].map(builtin))
    .then((found) => {
      const fs = found[0];
      const path = found[1];
      const launcher = fs.realpathSync(process.argv[1]);
      const beside = path.join(path.dirname(launcher), '..', 'node_modules', 'node', 'bin', 'node');
      if (!fs.existsSync(beside) || fs.realpathSync(beside) === fs.realpathSync(process.execPath)) return refuse();
      return handOver(found[2], found[3], beside, [launcher].concat(process.argv.slice(2)));
    })
    .catch(refuse);
}

function refuse() {
  const remedy = 'Install a newer Node, or run "npm ci" in its folder.';
  process.stderr.write(`Castellan needs Node ${NEEDED} or newer, and this is ${process.version}. ${remedy}\n`);
  process.exitCode = WRONG_USAGE;
}

/** Hands signals down, and the way it ended up. Listens before the child runs: a signal in between would leave it an orphan. */
function handOver(childProcess, os, beside, argv) {
  ['SIGINT', 'SIGTERM', 'SIGHUP'].forEach((signal) => process.on(signal, () => child.kill(signal)));
  const child = childProcess.spawn(beside, argv, { stdio: 'inherit' });
  child.on('error', refuse);
  child.on('exit', (code, signal) => {
    process.exitCode = signal ? 128 + os.constants.signals[signal] : code;
  });
}
