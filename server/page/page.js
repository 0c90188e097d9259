// Adds to the page what HTML cannot do: the try-out, and a word when another version has taken over.

const POLL_MS = 15_000;

const find = (id) => document.getElementById(id);
const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

const percent = (share) => `${(100 * share).toFixed(1)} %`;

function showPrediction({ label, probabilities, model }) {
  const rows = Object.entries(probabilities)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 10)
    .map(([name, share]) =>
      element(
        'div',
        { className: name === label ? 'row best' : 'row' },
        element('span', { textContent: name }),
        element('progress', { value: share, max: 1, ariaLabel: name }),
        element('span', { textContent: percent(share) }),
      ),
    );
  find('answer').replaceChildren(...rows);
  announce(model.version);
}

const showProblem = (text) => find('answer').replaceChildren(element('p', { className: 'note', textContent: text }));

function announce(version) {
  const shown = Number(find('version')?.dataset.version);
  if (version === shown) return;
  const news = find('news');
  const link = element('a', { href: '/', textContent: 'Show it' });
  news.replaceChildren(`Version ${version} is answering now. `, link);
  news.hidden = false;
}

async function classify(text) {
  const response = await fetch('/predict', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text }),
  });
  const answer = await response.json();
  if (response.ok) showPrediction(answer);
  else showProblem([answer.detail, ...(answer.errors ?? []).map((e) => e.message)].join(' · '));
}

function offerTryOut() {
  const form = find('try');
  if (!form) return;
  const [text, button] = [find('text'), form.querySelector('button')];
  form.hidden = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      await classify(text.value);
    } catch {
      showProblem('The server cannot be reached.');
    } finally {
      button.disabled = false;
    }
  });
  text.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
}

async function lookForNews() {
  if (document.hidden) return;
  const response = await fetch('/model').catch(() => null);
  if (response?.ok) announce((await response.json()).version);
}

offerTryOut();
const curl = find('curl');
if (curl) curl.textContent = curl.textContent.replace('localhost', location.host);
setInterval(lookForNews, POLL_MS);
