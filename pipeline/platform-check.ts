import { writeSync } from 'node:fs';
import { thisMachine, unsupported } from './platform.ts';

// Ends the process before anything native is loaded, because a native error message would be far less clear. It has to
// be the first module that the command line imports, because modules run in the order of their imports.

const why = unsupported(thisMachine());
if (why !== null) {
  writeSync(2, `${why}\n`);
  process.exit(3);
}
