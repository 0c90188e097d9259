import { writeSync } from 'node:fs';
import { unsupportedHost } from './host.ts';

// Ends the process before anything else is loaded, and before a file is half written. The command line has to import it
// before all others, because modules run in the order of their imports.

const why = unsupportedHost(process.versions);
if (why !== null) {
  writeSync(2, `${why}\n`);
  process.exit(3);
}
