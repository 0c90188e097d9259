import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from '../../registry-repo/scoring/child-main.ts';

// A scoring process whose model blocks it for ever, as a running graph would. It writes its process id to the folder.

const stuck = (): never => {
  writeFileSync(join(process.argv[2] as string, 'pid'), String(process.pid));
  for (;;);
};

await runChild(async () => ({ load: stuck, version: 'stuck' }));
