import { suite } from 'uvu';
import * as assert from 'uvu/assert';

// A test file with every kind of hook, and one test of two that fails.

const failing = suite<{ steps: string[] }>('failing', { steps: [] });
failing.before(({ steps }) => void steps.push('before'));
failing.before.each(({ steps }) => void steps.push('each'));
failing.after.each(({ steps }) => void steps.push('after each'));
failing.after(({ steps }) => void process.stdout.write(`${steps.join(', ')}\n`));
failing('is right', ({ steps }) => assert.equal(steps, ['before', 'each']));
failing('is wrong', () => assert.is(1, 2));
failing.run();
