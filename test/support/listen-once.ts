import { listen } from '../../server/listen.ts';
import { ServerOptions } from '../../server/options.ts';

// Listens on a host, asks itself once, and says its URL and the answer, or the error: node listen-once.js HOST

const [host = ''] = process.argv.slice(2);
try {
  const { url, close } = await listen(
    { fetch: () => new Response('here') },
    ServerOptions.parse({ host, port: 0, bodyMs: 1000 }),
  );
  console.log(`${url.replace(/\d+$/, 'PORT')} ${await (await fetch(url)).text()}`);
  await close(100);
} catch (error) {
  console.log((error as Error).message);
  process.exit(1);
}
