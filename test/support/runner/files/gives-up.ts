import { suite } from 'uvu';

// A test file whose process ends while a test still waits, because nothing keeps it alive.

const waiting = suite('waiting');
waiting('for what nobody will bring', () => new Promise(() => {}));
waiting.run();
