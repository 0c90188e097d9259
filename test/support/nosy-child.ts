import { existsSync, readFileSync, writeSync } from 'node:fs';
import { connect } from 'node:net';

// Tells what a program sees that runs models. Arguments: a file of the user, a port of this machine.

const [file = '', port = '0'] = process.argv.slice(2);
const status = readFileSync('/proc/self/status', 'utf8');
const limits = readFileSync('/proc/self/limits', 'utf8');
const reached = await new Promise<boolean>((resolve) => {
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('connect', () => resolve(true));
  socket.on('error', () => resolve(false));
});
const seen = {
  env: Object.keys(process.env).filter((name) => name !== 'PWD' && name !== 'NODE_V8_COVERAGE'), // of the sandbox, and of Node itself
  file: existsSync(file),
  reached,
  newPrivileges: /^NoNewPrivs:\s+0$/m.test(status),
  core: /^Max core file size\s+(\S+)/m.exec(limits)?.[1],
  data: /^Max data size\s+(\S+)/m.exec(limits)?.[1],
};
writeSync(3, JSON.stringify(seen));
process.exit(0);
