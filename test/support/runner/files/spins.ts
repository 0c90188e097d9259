import { suite } from 'uvu';

// A test file that blocks its own thread.

const spinning = suite('spinning');
spinning('never gives its thread back', () => {
  for (;;);
});
spinning.run();
