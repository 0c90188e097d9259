import * as modules from 'node:module';
import { pathToFileURL } from 'node:url';
import { resolve } from './redirect.ts';

// Runs the test file it is given, with suites that say what they do. Not a preload: threads and forks of a test would
// inherit that.

const file = process.argv[2] as string;
if ('registerHooks' in modules) (modules.registerHooks as (hooks: object) => void)({ resolve });
else (modules as { register: (hooks: URL) => void }).register(new URL('./redirect.js', import.meta.url));
process.argv.splice(1, 2, file);
await import(pathToFileURL(file).href);
