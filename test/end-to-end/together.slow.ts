import { suite } from 'uvu';
import { stopAll } from '../support/cli.ts';
import { checkTogether, promoteTogether } from '../support/together.ts';

const together = suite('promotions at the same time');
together.after(stopAll);

together('sixteen processes promote sixteen candidates of one model: seventeen gate runs at most', async () => {
  const met = await promoteTogether(16);
  console.log(`16 promotions at once: ${met.gateRuns} gate runs`);
  await checkTogether(met);
});

together.run();
