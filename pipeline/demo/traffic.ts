/** The results of a period of constant traffic. */
export type Traffic = {
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  readonly byVersion: Readonly<Record<string, number>>;
};

const TEXTS = [
  'a warm and funny film',
  'two hours I will not get back',
  'the acting was superb, the plot was not',
  'never again',
];

/**
 * Sends requests from several clients, each one after the other, until it is told to stop. Every request must be
 * answered.
 */
export function constantTraffic(url: string, clients: number): { stop: () => Promise<Traffic> } {
  let [running, sent, answered, failed] = [true, 0, 0, 0];
  const byVersion: Record<string, number> = {};
  const client = async (first: number) => {
    for (let i = first; running; i++) {
      sent++;
      const version = await ask(url, TEXTS[i % TEXTS.length] as string);
      if (version === null) failed++;
      else {
        answered++;
        byVersion[version] = (byVersion[version] ?? 0) + 1;
      }
    }
  };
  const all = Promise.all(Array.from({ length: clients }, (_, i) => client(i)));
  return {
    stop: async () => {
      running = false;
      await all;
      return { sent, answered, failed, byVersion };
    },
  };
}

/** The version that answered, or null if there was no good answer. */
async function ask(url: string, text: string): Promise<string | null> {
  try {
    const response = await fetch(`${url}/predict`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text }),
    });
    await response.arrayBuffer();
    return response.ok ? response.headers.get('pawl-model') : null;
  } catch {
    return null;
  }
}
