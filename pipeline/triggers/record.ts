import type { EventData, Fact } from '../../events/catalogue.ts';
import { encodeFacts } from '../../events/envelope.ts';
import { NO_STREAM } from '../../events/store.ts';
import { runStream } from '../../events/streams.ts';
import { environment } from '../training/environment.ts';
import type { Minting, Recording, Settings } from '../world.ts';

/** A commit that was pushed. */
export type Pushed = Extract<EventData<'TrainingRunStarted'>['trigger'], { kind: 'push' }>;

type World = Settings & Minting & Recording;

/** Records a commit that was overtaken while another run was at work, so that the log explains why it has no run. */
export const recordSuperseded = (world: World, by: Pushed, newer: string): Promise<void> =>
  recordEnded(world, by, {
    type: 'TrainingRunInterrupted',
    data: { cause: 'superseded', detail: `commit ${newer} came before it was its turn` },
  });

/**
 * Records a commit whose run could not begin (for example because its settings are wrong), so that the person who
 * pushed it finds out.
 */
export const recordFailed = (world: World, by: Pushed, why: { code: string; message: string }): Promise<void> =>
  recordEnded(world, by, {
    type: 'TrainingRunFailed',
    data: { code: why.code.slice(0, 100), message: why.message.slice(0, 4000), durationMs: 0 },
  });

/** Records a run that ended as it began, with the settings it would have had here. */
async function recordEnded(world: World, by: Pushed, ended: Fact): Promise<void> {
  const { model, data, training } = world.config;
  const runId = world.newId();
  const started: EventData<'TrainingRunStarted'> = {
    model,
    trainer: training.trainer,
    config: JSON.parse(JSON.stringify(training.config)),
    data: JSON.parse(JSON.stringify(data)),
    seed: training.seed,
    trigger: by,
    code: { commit: by.commit, dirty: false },
    environment: environment(),
    sweep: null,
  };
  const meta = {
    ...world.command,
    correlationId: runId,
    causationId: null,
    commandId: `ended:${runId}`,
    time: world.clock(),
  };
  const facts: Fact[] = [{ type: 'TrainingRunStarted', data: started }, ended];
  await world.store().append(runStream(runId), NO_STREAM, encodeFacts(meta, facts));
}
