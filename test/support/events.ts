import { catalogue, type EventType, eventTypes, type Fact } from '../../events/catalogue.ts';
import { type Command, encodeFacts, type NewEvent } from '../../events/envelope.ts';

export const time = new Date('2026-01-02T03:04:05.678Z');

export const command = (commandId: string, over: Partial<Command> = {}): Command => ({
  commandId,
  time,
  correlationId: 'test',
  causationId: null,
  actor: 'tester',
  source: 'pawl/test',
  ...over,
});

export const exampleFact = (type: EventType): Fact => ({ type, data: catalogue[type].example }) as Fact;

export const metric = (step: number, value = 0.5): Fact => ({
  type: 'MetricLogged',
  data: { name: 'train/loss', value, step },
});

/** `n` metric events of one command. */
export const metrics = (commandId: string, n: number): NewEvent[] =>
  encodeFacts(
    command(commandId),
    Array.from({ length: n }, (_, step) => metric(step)),
  );

export const allExamples = (): Fact[] => eventTypes.map(exampleFact);
