import { type Logger, pino } from 'pino';
import type { ServerOptions } from './options.ts';

export type Log = Logger;

const STDERR = 2;

/** JSON lines on standard error. What is logged is names, codes, counts and times: no text that anyone sent. */
export function openLog({ logLevel, instance }: Pick<ServerOptions, 'logLevel' | 'instance'>): Log {
  const destination = pino.destination({ fd: STDERR, sync: true });
  return pino({ level: logLevel, base: { server: instance }, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}
