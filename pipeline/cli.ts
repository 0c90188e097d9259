#!/usr/bin/env node
// Before everything: whether anything at all can run here. All the rest is loaded only then, since it takes memory itself.
import './platform-check.ts';
import './host-check.ts';
import './heap-check.ts';

await import('./here.ts');
