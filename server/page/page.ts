import { html } from 'hono/html';
import { denseCounts } from '../../registry-repo/stored-counts.ts';
import type { Confusion } from '../../registry-repo/values.ts';
import type { FollowState } from '../follow.ts';
import type { Limits } from '../options.ts';
import type { Evaluation } from '../registry.ts';
import type { ServedModel } from '../served.ts';

type Html = ReturnType<typeof html>;

export type PageFacts = {
  readonly name: string;
  readonly model: ServedModel | null;
  readonly state: FollowState;
  /** Why no prediction would be answered now, or null. */
  readonly reason: string | null;
  readonly limits: Limits;
};

/** The page that shows what is in production here. Everything is in the HTML; the script only adds the try-out. */
export const page = (facts: PageFacts): Html => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${facts.name} · Pawl</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/page.css">
<script src="/assets/page.js" defer></script>
</head>
<body>
<header>
<p class="brand"><img src="/assets/icon.svg" alt="" width="20" height="20"> Pawl</p>
<h1>${facts.name} ${facts.model && html`<span class="version" id="version" data-version="${facts.model.version}">version ${facts.model.version}</span>`}</h1>
${status(facts)}
</header>
<main>
${problem(facts)}
<p id="news" class="note" role="status" hidden></p>
${facts.model ? [evidence(facts.model), tryOut(facts.model, facts.limits), details(facts.model, facts.state)] : ''}
</main>
<footer><a href="/openapi.json">openapi.json</a> <a href="/model">model</a> <a href="/health/ready">ready</a></footer>
</body>
</html>
`;

const status = ({ model, state, reason }: PageFacts): Html => {
  const [kind, text] = reason
    ? ['bad', 'not ready']
    : state.lags
      ? ['warn', 'main says something else']
      : ['good', 'in production'];
  const since = model && html` answering since ${time(model.since)}`;
  return html`<p><span class="pill ${kind}">${text}</span>${since}</p>`;
};

function problem({ model, state, reason }: PageFacts): Html | '' {
  if (!reason && !state.problem) return '';
  if (!state.problem) return html`<p class="note">${reason}</p>`;
  const { code, commit } = state.problem;
  const kept = model ? `Version ${model.version} goes on answering.` : 'Nothing answers.';
  return html`<section class="note" aria-label="Problem">
<p><strong>${commit ? html`Commit ${short(commit)} is refused.` : 'The registry cannot be read.'}</strong> ${kept}</p>
<p><code>${code}</code></p>
<p>The server's log says more.</p>
</section>`;
}

const evidence = ({ claimed, measured }: ServedModel): Html => {
  const shown = measured ?? claimed;
  const other = measured
    ? html`measured by the gate · the run claimed ${claimed.measure === measured.measure ? '' : `${claimed.measure} `}${share(claimed.f1)}`
    : "the run's own measurement";
  return html`<section class="evidence" aria-label="Evidence">
<div><p class="big">${share(shown.f1)}</p><p><strong>${shown.measure}</strong> ${other}</p><p>${correct(shown)}</p></div>
${shown.labels.length <= 6 ? matrix({ labels: shown.labels, counts: denseCounts(shown.confusion) }) : ''}
</section>`;
};

const matrix = ({
  labels,
  counts,
}: {
  labels: readonly string[];
  counts: Confusion;
}): Html => html`<div class="scroll"><table>
<caption>Rows are the truth, columns the answers</caption>
<thead><tr><td></td>${labels.map((label) => html`<th scope="col" title="${label}">${label}</th>`)}</tr></thead>
<tbody>${labels.map(
  (label, truth) =>
    html`<tr><th scope="row" title="${label}">${label}</th>${labels.map(
      (_, k) => html`<td class="${k === truth ? 'hit' : ''}">${count(counts[truth]?.[k] ?? 0)}</td>`,
    )}</tr>`,
)}</tbody>
</table></div>`;

const tryOut = (model: ServedModel, limits: Limits): Html => html`<section aria-labelledby="try-title">
<h2 id="try-title">Try it</h2>
<form id="try" hidden>
<label for="text">A text to classify</label>
<textarea id="text" rows="4" required maxlength="${limits.textCharacters}" placeholder="Type or paste a text"></textarea>
<button type="submit">Classify</button>
<div id="answer" aria-live="polite"></div>
</form>
<p class="detail" id="curl">curl -s localhost/predict -H 'content-type: application/json' -d '{"text":"…"}'</p>
<noscript><p>Without JavaScript, ask <code>POST /predict</code> as above. Labels: ${named(model.labels)}.</p></noscript>
</section>`;

const details = (model: ServedModel, state: FollowState): Html => {
  const { promotion } = model;
  return html`<section aria-labelledby="details-title">
<h2 id="details-title">Where it comes from</h2>
<dl>
${fact('Registry commit', html`<code>${model.commit}</code>`)}
${fact('Put there by', html`${promotion.class} ${promotion.id}, pull request ${promotion.pullRequest}, in <code>${promotion.commit}</code>`)}
${fact('Labels', named(model.labels))}
${fact('Training run', html`<code>${model.run.id}</code> with ${model.run.trainer}`)}
${fact('Manifest', html`<code>${model.manifest}</code>`)}
${fact('Model file', html`<code>${model.model}</code>`)}
${fact('Verdict', html`<code>${model.verdict}</code>`)}
${fact('Registry read', state.checkedAt ? time(state.checkedAt) : 'not yet')}
</dl>
</section>`;
};

/** The page shows at most so many labels; `GET /model` has all of them. */
const MOST_NAMED = 50;
const named = (labels: readonly string[]): string =>
  labels.length <= MOST_NAMED
    ? labels.join(', ')
    : `${labels.slice(0, MOST_NAMED).join(', ')} and ${labels.length - MOST_NAMED} more`;

const fact = (name: string, value: Html | string): Html => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
const time = (at: Date): Html =>
  html`<time datetime="${at.toISOString()}">${at.toISOString().slice(0, 16).replace('T', ' ')} UTC</time>`;
const short = (commit: string): Html => html`<code title="${commit}">${commit.slice(0, 10)}</code>`;
const share = (f1: number): string => f1.toFixed(4);
const count = (n: number): string => n.toLocaleString('en');

function correct({ confusion }: Evaluation): string {
  const counts = denseCounts(confusion);
  const hits = counts.reduce((sum, row, k) => sum + (row[k] ?? 0), 0);
  const all = counts.flat().reduce((a, b) => a + b, 0);
  return `${count(hits)} of ${count(all)} right`;
}
