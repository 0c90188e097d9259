import { spawn } from 'node:child_process';
import { suite } from 'uvu';

// A test file that hangs in its second test, beside a process that holds its output open.

const left = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });

const hanging = suite('hanging');
hanging('goes well', () => {});
hanging(`waits for ever beside ${left.pid}`, () => new Promise(() => {}));
hanging.run();
