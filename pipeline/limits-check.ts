import { writeSync } from 'node:fs';
import { FilesLimitError, requireFiles } from './files-limit.ts';
import { MemoryLimitError, requireMemory } from './memory-limits.ts';

// Ends the process where V8 would abort while the program is being loaded, or Node could not open all of its files.

try {
  requireMemory('starts');
  requireFiles();
} catch (error) {
  if (!(error instanceof MemoryLimitError || error instanceof FilesLimitError)) throw error;
  writeSync(2, `pawl: ${error.message} [${error.code}]\n`);
  process.exit(3);
}
