import { writeSync } from 'node:fs';
import { MemoryLimitError, requireMemory } from './memory-limits.ts';

// Ends the process where V8 would abort while the program is being loaded.

try {
  requireMemory('starts');
} catch (error) {
  if (!(error instanceof MemoryLimitError)) throw error;
  writeSync(2, `pawl: ${error.message} [${error.code}]\n`);
  process.exit(3);
}
