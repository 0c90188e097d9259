import { runChild } from '../../registry-repo/scoring/child-main.ts';

await runChild(async () => ({ load: (await import('./tiny-runtime.ts')).loadTiny, version: 'test' }));
