import { suite } from 'uvu';
import { stopAll } from '../support/cli.ts';
import { checkTogether, promoteTogether } from '../support/together.ts';

const together = suite('promotions at the same time');
together.after(stopAll);

together('two processes promote two candidates of one model: three gate runs at most', async () => {
  const met = await promoteTogether(2);
  console.log(`2 promotions at once: ${met.gateRuns} gate runs`);
  await checkTogether(met);
});

together.run();
