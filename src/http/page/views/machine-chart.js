/** The state chart of one machine. Its places are made once by the daemon; on a change only classes change. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { draw } from "#chart/draw.js";
import { html } from "../html.js";
import { Nothing, Problem } from "../notice.js";
import { actingElements, targetOf } from "./machine-chart-elements.js";
import { viewOf } from "./machine-chart-view.js";
import { WatcherList } from "./machine-watchers.js";

/**
 * @param {object} properties
 * @param {import("./machine-parts.js").Details} properties.machine
 * @param {import("../resource.js").Resource<import("./machine-parts.js").Chart>} properties.graph
 * @param {((transition: string) => void) | undefined} properties.onTransition undefined: may not
 */
export function MachineChart({ machine, graph, onTransition }) {
  if (machine.state === null)
    return html`<${Nothing} title="Nothing runs">There is no chart of a machine that does not run. ${machine.faults.length > 0 && "Mend its file, and it is here at once."}<//>`;
  if (graph.value)
    return html`<${Chart} machine=${machine} chart=${graph.value} onTransition=${onTransition} />`;
  if (graph.error) return html`<${Problem} error=${graph.error} onRetry=${graph.reload} />`;
  return html`<p class="waiting" role="status">Drawing…</p>`;
}

/** @param {{ machine: import("./machine-parts.js").Details, chart: import("./machine-parts.js").Chart, onTransition: ((transition: string) => void) | undefined }} properties */
function Chart({ machine, chart, onTransition }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [chosen, setChosen] = useState("");
  const scale = useScale(box, chart);
  const view = viewOf(machine);
  const isNew = useIsNew(machine.last?.at);
  const picture = useMemo(
    () => draw(actingElements({ scale, canFire: onTransition !== undefined, chosen }), chart, view),
    [chart, scale, chosen, onTransition !== undefined, JSON.stringify(view)],
  );
  useEffect(() => {
    // One that is larger than its panel shows where the machine is.
    const current = box.current?.querySelector(".current");
    if (box.current && current) intoSight(box.current, current, isNew);
  }, [machine.state, scale, chart]);
  /** @param {Event} event */
  const act = (event) => {
    const { state, transition } = targetOf(event);
    if (state !== undefined) setChosen(state === chosen ? "" : state);
    if (transition !== undefined) onTransition?.(transition);
  };
  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    act(event);
  };
  return html`
    <div class=${`machine-chart ${isNew ? "moving" : ""}`} ref=${box} onClick=${act} onKeyDown=${onKeyDown}>${picture}</div>
    ${chosen && html`<${StateWatchers} machine=${machine} box=${chart.boxes.find(({ state }) => state === chosen)} onClose=${() => setChosen("")} />`}
  `;
}

/** @param {{ machine: import("./machine-parts.js").Details, box: import("./machine-parts.js").Box | undefined, onClose: () => void }} properties */
function StateWatchers({ machine, box, onClose }) {
  if (!box) return null;
  const names = new Set(box.watchers.map(({ name }) => name));
  const watchers = machine.watchers.filter(({ name }) => names.has(name));
  return html`
    <section class="state-watchers" aria-label=${`Watchers in ${box.state}`}>
      <div class="panel-head">
        <h2>In ${box.state} <span class="count">${watchers.length}</span></h2>
        <button class="quiet" onClick=${onClose}>Close</button>
      </div>
      ${watchers.length > 0 ? html`<${WatcherList} watchers=${watchers} />` : html`<p class="quiet-text">No watcher looks while the machine is in ${box.state}: a person moves it, or what it subscribes to.</p>`}
    </section>
  `;
}

/** Text is never smaller than this part of its size: then the panel scrolls. */
const smallest = 0.85;
const largest = 1.15;

/**
 * How large the chart is drawn so that its panel is filled.
 * @param {{ current: HTMLDivElement | null }} box
 * @param {import("./machine-parts.js").Chart} chart
 */
function useScale(box, { width, height }) {
  const [scale, setScale] = useState(1);
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const look = () => {
      const [across, down] = [element.clientWidth / width, element.clientHeight / height];
      // On a small screen it is as high as what is in it, and has no height to fit.
      const fit = getComputedStyle(element).flexGrow === "0" ? across : Math.min(across, down);
      setScale(Math.min(Math.max(Math.floor(fit * 50) / 50, smallest), largest));
    };
    const sizes = new ResizeObserver(look);
    sizes.observe(element);
    return () => sizes.disconnect();
  }, [width, height]);
  return scale;
}

/**
 * Whether that changed a moment ago, not counting the first.
 * @param {string | undefined} mark
 */
function useIsNew(mark) {
  const first = useRef(mark);
  const [old, setOld] = useState(mark);
  useEffect(() => {
    const timer = setTimeout(() => setOld(mark), 4000);
    return () => clearTimeout(timer);
  }, [mark]);
  return mark !== old && mark !== first.current;
}

/**
 * Scrolls the box, and nothing around it.
 * @param {HTMLElement} box
 * @param {Element} element
 * @param {boolean} isSeen somebody watches it go there
 */
function intoSight(box, element, isSeen) {
  const [outer, inner] = [box.getBoundingClientRect(), element.getBoundingClientRect()];
  const isIn =
    inner.left >= outer.left &&
    inner.right <= outer.right &&
    inner.top >= outer.top &&
    inner.bottom <= outer.bottom;
  if (isIn) return;
  box.scrollBy({
    left: inner.left + inner.width / 2 - outer.left - outer.width / 2,
    top: inner.top + inner.height / 2 - outer.top - outer.height / 2,
    behavior: isSeen && !matchMedia("(prefers-reduced-motion: reduce)").matches ? "smooth" : "auto",
  });
}
