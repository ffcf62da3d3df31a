/** What an event says, in words. */

/**
 * @typedef {object} Words
 * @property {string} kind what filters know it as: `transition`, `pause`, `gossip`, `governor`, or the watcher's type
 * @property {string} machine
 * @property {string} before what is said before the strong part
 * @property {string} strong
 * @property {string} after
 * @property {boolean} isBad somebody might want to look
 */

/** @typedef {Readonly<Record<string, any>>} Payload */

const bad = /^(error|failed|failure|critical|unknown|timeouts?|invalid|changed_unexpectedly)$/i;

/**
 * @param {{ type: string, data: Payload, firedby?: string }} event a CloudEvent of the daemon
 * @returns {Words}
 */
export function wordsOf({ type, data, firedby = "" }) {
  const machine = String(data.machine ?? data.component ?? "");
  if (data.transition !== undefined) return { machine, isBad: false, ...ofTransition(data, byWhom(firedby)) };
  const own = /^io\.machinist\.machine\.v1\.(\w+)$/.exec(type)?.[1];
  if (own !== undefined)
    return { machine, isBad: own === "restored", ...ofMachine(own, data, byWhom(firedby)) };
  if (data.governor !== undefined)
    return { machine, isBad: data.event_type === "timeouts", ...ofGovernor(data) };
  if (data.subject !== undefined) return { machine, isBad: false, ...ofGossip(data) };
  return { machine, ...ofWatcher(data) };
}

/** @param {string} firedby */
function byWhom(firedby) {
  return firedby && ` by ${firedby}`;
}

/**
 * @param {string} what `paused`, `resumed`, `restored`
 * @param {Payload} data
 * @param {string} by
 */
function ofMachine(what, { state }, by) {
  return { kind: what === "restored" ? what : "pause", before: "", strong: what, after: ` in ${state}${by}` };
}

/**
 * @param {Payload} data
 * @param {string} by
 */
function ofTransition({ from_state, to_state, transition }, by) {
  return {
    kind: "transition",
    before: `${from_state} → `,
    strong: String(to_state),
    after: ` via ${transition}${by}`,
  };
}

/** @param {Payload} data */
function ofGovernor({ governor, event_type }) {
  const said = { enter: "took a slot of ", exit: "left its slot of ", timeouts: "waited in vain for " };
  const before = said[/** @type {keyof typeof said} */ (event_type)] ?? `${event_type} at `;
  return { kind: "governor", before, strong: String(governor), after: "" };
}

/** @param {Payload} data */
function ofGossip({ name, subject, payload }) {
  return { kind: "gossip", before: `${name} says on `, strong: String(subject), after: `: ${payload}` };
}

/** @param {Payload} data */
function ofWatcher({ type, name, state, status, output }) {
  const outcome = String(state ?? status ?? "");
  return {
    kind: String(type),
    before: `${name}: `,
    strong: outcome,
    after: typeof output === "string" && output ? `, ${output}` : "",
    isBad: bad.test(outcome),
  };
}
