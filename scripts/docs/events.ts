import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { catalogue, type EventType, eventTypes } from '../../events/catalogue.ts';
import { root } from '../../test/support/paths.ts';
import { fieldsTable, type JsonSchema } from './fields.ts';
import { code, fence, page, prose, table } from './markdown.ts';

const INTRO = `Every step is an event. A type and version, once written, keep their meaning for ever. A changed shape gets a new version,
and older versions are converted to it when they are read. \`pawl events list\` and \`pawl events show\` print events. The envelope
around the data below (id, stream, revision, position, time, cause, hash) is in [envelope.ts](../../events/envelope.ts).`;

/** `docs/reference/events.md`: every event of the catalogue with its fields and an example. */
export function eventsPage(notice: string): string {
  const comments = commentsOf('events');
  const overview = eventTypes.map((type) => {
    const { stream, version } = catalogue[type];
    return [`[${code(type)}](#${type.toLowerCase()})`, code(stream), String(version), prose(comments.get(type) ?? '')];
  });
  return page(
    '# Events',
    notice,
    INTRO,
    table(['event', 'stream', 'version', 'what it says'], overview),
    ...eventTypes.map((type) => describe(type, comments.get(type) ?? '')),
  );
}

function describe(type: EventType, comment: string): string {
  const { stream, version, schema, example } = catalogue[type];
  const shape = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }) as JsonSchema;
  const definitions = (shape as { readonly $defs?: Readonly<Record<string, JsonSchema>> }).$defs ?? {};
  return page(
    `## ${type}`,
    prose(comment),
    `Version ${version}, in streams of the kind \`${stream}\`.`,
    fieldsTable(shape, (reference) => definitions[reference.split('/').at(-1) as string] ?? {}),
    fence('json', JSON.stringify(example, null, 2)),
  ).trimEnd();
}

/** The documentation comment above each definition: what the event says is written where the event is. */
function commentsOf(folder: string): Map<string, string> {
  const files = readdirSync(join(root, folder)).filter((file) => file.endsWith('-events.ts'));
  const source = files.map((file) => readFileSync(join(root, folder, file), 'utf8')).join('\n');
  const found = source.matchAll(/\/\*\*((?:[^*]|\*(?!\/))*)\*\/\s+(\w+): define\(/g);
  return new Map(
    [...found].map(([, comment = '', type = '']) => [type, comment.replace(/\s*\n\s*\*\s*/g, ' ').trim()]),
  );
}
