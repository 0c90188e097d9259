import type { StoredEvent } from './envelope.ts';
import type { Meta } from './values.ts';

/** An event in the JSON format of CloudEvents 1.0 (https://github.com/cloudevents/spec), with extension attributes in lower case. */
export type CloudEvent = Readonly<Record<string, unknown>> & { readonly specversion: '1.0'; readonly id: string };

/** @param source URI reference of the log, e.g. `/pawl/events`; source and id together identify the event */
export function toCloudEvent(event: StoredEvent, source: string): CloudEvent {
  const meta = JSON.parse(event.meta) as Meta;
  return {
    specversion: '1.0',
    id: event.id,
    source,
    type: cloudType(event.type, event.version),
    subject: event.stream,
    time: event.time,
    datacontenttype: 'application/json',
    sequence: String(event.revision).padStart(10, '0'),
    position: event.position,
    correlationid: meta.correlationId,
    ...(meta.causationId === null ? {} : { causationid: meta.causationId }),
    actor: meta.actor,
    pawlsource: meta.source,
    pawlprev: event.prev,
    pawlhash: event.hash,
    data: JSON.parse(event.data) as unknown,
  };
}

/** `PromotionMerged` v1 → `dev.pawl.promotion-merged.v1`. */
export const cloudType = (type: string, version: number): string =>
  `dev.pawl.${type.replace(/([a-z])([A-Z])/g, '$1-$2').toLowerCase()}.v${version}`;
