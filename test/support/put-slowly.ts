import { setTimeout } from 'node:timers/promises';
import { LocalArtifacts } from '../../registry-repo/artifacts/artifacts.local.ts';

// A put for crash tests: it reports when it is half done, and never ends.

async function* endless(): AsyncIterable<Uint8Array> {
  for (let i = 0; ; i++) {
    yield Buffer.alloc(100_000, 'piece');
    if (i === 10) process.stdout.write('half done\n');
    if (i >= 10) await setTimeout(20);
  }
}

await new LocalArtifacts(process.argv[2] as string).put(endless());
