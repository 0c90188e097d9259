import { type Logger, pino } from 'pino';
import type { ServerOptions } from './options.ts';

export type Log = Logger;

const STDERR = 2;

/** Writes JSON lines to standard error: names, codes, counts and times, but no text of any request. */
export function openLog({ logLevel, instance }: Pick<ServerOptions, 'logLevel' | 'instance'>): Log {
  const destination = pino.destination({ fd: STDERR, sync: true });
  return pino({ level: logLevel, base: { server: instance }, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}
