import { suite } from 'uvu';

// A test file that takes long in all, and makes progress.

const going = suite('going');
for (let i = 1; i <= 10; i++) going(`step ${i}`, () => new Promise((resolve) => setTimeout(resolve, 5)));
going.run();
