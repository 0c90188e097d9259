import { InvalidAppendError } from './errors.ts';

/** Names of streams: `run-<id>`, `model-<name>`, `server-<instance>`, `registry`, `log`. Printed and parsed only here. */
export type Stream = string;
export type StreamKind = 'run' | 'model' | 'server' | 'registry' | 'log';

export const runStream = (runId: string): Stream => `run-${runId}`;
export const modelStream = (model: string): Stream => `model-${model}`;
export const serverStream = (instance: string): Stream => `server-${instance}`;
export const registryStream: Stream = 'registry';
export const logStream: Stream = 'log';

const NAME = /^(?:(run|model|server)-([a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?)|registry|log)$/;

/** @throws {InvalidAppendError} for a name of no known kind */
export function parseStream(stream: Stream): { kind: StreamKind; subject: string } {
  const match = NAME.exec(stream);
  if (!match)
    throw new InvalidAppendError(`"${stream}" is no stream name: use run-…, model-…, server-…, registry or log`);
  return match[1]
    ? { kind: match[1] as StreamKind, subject: match[2] as string }
    : { kind: stream as StreamKind, subject: '' };
}
