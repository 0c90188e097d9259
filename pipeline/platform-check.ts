import { writeSync } from 'node:fs';
import { thisMachine, unsupported } from './platform.ts';

// Ends the process before anything native is loaded, which would say far less clearly why it cannot be. It has to be the
// first module that the command line imports, since modules run in the order of their imports.

const why = unsupported(thisMachine());
if (why !== null) {
  writeSync(2, `${why}\n`);
  process.exit(3);
}
