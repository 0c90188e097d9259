import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../package-info.ts';
import { Config } from './config.ts';
import { jsonSchemaOf } from './settings.ts';

/** Where editors find it: `# yaml-language-server: $schema=…/pipeline/config.schema.json` as the first line of `pawl.yaml`. */
export const schemaFile = join(packageRoot, 'pipeline/config.schema.json');

export const schemaText = (): string =>
  `${JSON.stringify({ $id: 'https://pawl.dev/config.schema.json', title: 'pawl.yaml', ...jsonSchemaOf(Config) }, null, 2)}\n`;

// Run as a program it writes the file: `npm run schema`.
if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(schemaFile, schemaText());
