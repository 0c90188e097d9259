import { suite } from 'uvu';
import { stopAll } from '../support/cli.ts';
import { checkTogether, promoteTogether } from '../support/together.ts';

const together = suite('promotions at the same time');
together.after(stopAll);

together('four processes promote four candidates of one model: five gate runs at most', async () => {
  const met = await promoteTogether(4);
  console.log(`4 promotions at once: ${met.gateRuns} gate runs`);
  await checkTogether(met);
});

together.run();
