import { cliPage } from './cli.ts';
import { errorsPage } from './errors-page.ts';
import { eventsPage } from './events.ts';
import { httpPage } from './http.ts';
import { metricsPage } from './metrics.ts';
import { settingsPage } from './settings.ts';

/** Every page of `docs/reference/` by its path, made from the source that it describes. */
export const referencePages = async (): Promise<ReadonlyMap<string, string>> =>
  new Map([
    ['docs/reference/cli.md', cliPage(notice('pipeline/commands/'))],
    ['docs/reference/settings.md', settingsPage(notice('pipeline/config/config.ts'))],
    ['docs/reference/http.md', await httpPage(notice('server/routes/'))],
    ['docs/reference/errors.md', errorsPage(notice('scripts/docs/'))],
    ['docs/reference/events.md', eventsPage(notice('events/catalogue.ts'))],
    ['docs/reference/metrics.md', await metricsPage(notice('server/metrics.prometheus.ts'))],
  ]);

/** For whoever opens the page to change it. */
const notice = (source: string): string =>
  `<!-- Made by \`npm run docs\`, mostly from ${source}. Change the source, not this page. -->`;
