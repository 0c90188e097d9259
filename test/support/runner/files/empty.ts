import { suite } from 'uvu';

// A test file without a test.

suite('empty').run();
