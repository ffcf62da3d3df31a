/** Topics and who handles them, and the messages that handlers have given up on. */
import { html } from "../html.js";
import { Nothing, Problem } from "../notice.js";
import { useRefresh } from "../refresh.js";
import { useResource } from "../resource.js";
import { DeadLetters } from "./dead-letters.js";

/**
 * @typedef {{ name: string, file: string | null, fault: string | null }} Subscriber
 * @typedef {{ name: string, subscribers: readonly Subscriber[] }} Topic
 */

const refreshMs = 3_000;

export function TopicsView() {
  const refresh = useRefresh(refreshMs);
  const status = useResource("/v1/status", refresh);
  const isHandling = status.value?.topics === true;
  const topics = useResource(isHandling ? "/v1/topics" : undefined, refresh);
  const dead = useResource("/v1/dead-letters", refresh);
  const error = status.error ?? topics.error ?? dead.error;
  const isWithout = status.value && (!isHandling || topics.value?.length === 0);
  const reload = () => {
    for (const one of [status, topics, dead]) one.reload();
  };
  return html`
    <div class="pages">
      <h1>Topics <span class="count">${topics.value?.length ?? ""}</span></h1>
      ${error && html`<${Problem} error=${error} onRetry=${reload} />`}
      ${!status.value && !error && html`<p class="waiting" role="status">Asking the daemon…</p>`}
      ${isWithout && html`<section class="panel"><${None} /></section>`}
      ${topics.value?.length > 0 && html`<${TopicList} topics=${topics.value} />`}
      ${dead.value && html`<${DeadLetters} letters=${dead.value} onChange=${reload} />`}
    </div>
  `;
}

function None() {
  return html`
    <${Nothing} title="No topics">
      Put a handler into <code>topics/TOPIC/index.js</code>, with an exported <code>process(data)</code>, and start the daemon again.
      Messages to a topic stay on disk until every handler has handled them.
    <//>
  `;
}

/** @param {{ topics: readonly Topic[] }} properties */
function TopicList({ topics }) {
  return html`
    <div class="cards">
      ${topics.map(
        ({ name, subscribers }) => html`
          <section class="panel" key=${name} aria-label=${name}>
            <div class="panel-head">
              <h2>${name}</h2>
              <span class="count">${handlers(subscribers)}</span>
            </div>
            <ul class="lines">${subscribers.map((one) => html`<${SubscriberLine} key=${one.name} subscriber=${one} />`)}</ul>
          </section>
        `,
      )}
    </div>
  `;
}

/** Only those that can be called count. @param {readonly Subscriber[]} subscribers */
function handlers(subscribers) {
  const count = subscribers.filter(({ file }) => file !== null).length;
  if (count === 0) return "no handler";
  return count === 1 ? "1 handler" : `${count} handlers`;
}

/** @param {{ subscriber: Subscriber }} properties */
function SubscriberLine({ subscriber: { name, file, fault } }) {
  return html`
    <li class="line">
      <div class="line-text">
        ${name !== "." && html`<strong>${name}</strong>`}
        ${file && html`<code class="quiet-text">${file}</code>`}
        ${fault && html`<span class="refusal">${fault}</span>`}
      </div>
    </li>
  `;
}
