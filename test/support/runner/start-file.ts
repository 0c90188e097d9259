import * as modules from 'node:module';
import { pathToFileURL } from 'node:url';
import { resolve } from './redirect.ts';

// Runs a test file with suites that report what they do. It is not a preload, because threads and forks of a test would
// inherit that.

const file = process.argv[2] as string;
if ('registerHooks' in modules) (modules.registerHooks as (hooks: object) => void)({ resolve });
else (modules as { register: (hooks: URL) => void }).register(new URL('./redirect.js', import.meta.url));
process.argv.splice(1, 2, file);
await import(pathToFileURL(file).href);
