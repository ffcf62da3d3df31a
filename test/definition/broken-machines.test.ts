/** Broken machine files and every fault that each must be told of, in words that are part of what users rely on. */
import { describe, expect, it } from "vitest";
import { checkDefinition } from "../../src/definition/definition.ts";
import { faultLine, renderFault } from "../../src/definition/fault.ts";
import { fakeTypes } from "./fake-types.ts";

const machine = `\
name: web
version: 1.0.0
initial_state: A
transitions:
  - name: go
    from: [A]
    destination: B
  - name: back
    from: [B]
    destination: A
watchers:
  - name: w
    type: tick
`;

/** The good machine with one thing in it changed. */
function swap(old: string, instead: string): string {
  if (!machine.includes(old)) throw new Error(`the machine has no ${old}`);
  return machine.replace(old, instead);
}

function upTo(line: string): string {
  return machine.slice(0, machine.indexOf(line));
}

function from(line: string): string {
  return machine.slice(machine.indexOf(line));
}

/** The good machine with a watcher that has properties, and lines added to it or to them. */
function looking(added: { watcher?: string; properties?: string }): string {
  const { watcher = "", properties = "" } = added;
  const head = "watchers:\n  - name: w\n    type: look\n";
  return `${upTo("watchers:")}${head}${watcher}    properties:\n      target: x\n${properties}`;
}

/** Name, text, and the first line of every fault without the file's name. */
const cases: readonly (readonly [string, string, readonly string[]])[] = [
  [
    "C01 an empty file",
    "",
    ["1:1 the file is empty: a machine is a map with name, version, initial_state, transitions and watchers"],
  ],
  [
    "C01 only comments",
    "# nothing\n---\n",
    ["2:4 the file is empty: a machine is a map with name, version, initial_state, transitions and watchers"],
  ],
  [
    "C01 an empty map",
    "{}\n",
    [
      "1:1 name is missing: the machine's name, unique among the machines of a daemon",
      "1:1 version is missing: the version of this file, such as 1.2.3",
      "1:1 initial_state is missing: the state that a new machine starts in",
      "1:1 transitions is missing: how the machine moves",
      "1:1 watchers is missing: what moves the machine by itself",
    ],
  ],
  [
    "C01 no name",
    swap("name: web\n", ""),
    ["1:1 name is missing: the machine's name, unique among the machines of a daemon"],
  ],
  [
    "C01 no version",
    swap("version: 1.0.0\n", ""),
    ["1:1 version is missing: the version of this file, such as 1.2.3"],
  ],
  [
    "C01 no initial_state",
    swap("initial_state: A\n", ""),
    ["1:1 initial_state is missing: the state that a new machine starts in"],
  ],
  [
    "C01 no transitions",
    upTo("transitions:") + from("watchers:"),
    ["1:1 transitions is missing: how the machine moves"],
  ],
  ["C01 no watchers", upTo("watchers:"), ["1:1 watchers is missing: what moves the machine by itself"]],
  [
    "C01 empty transitions",
    `${upTo("transitions:")}transitions: []\n${from("watchers:")}`,
    ["4:14 transitions: found an empty list, expected at least one"],
  ],
  [
    "C01 watchers without a value",
    `${upTo("watchers:")}watchers:\n`,
    ["11:1 watchers: found nothing, expected a list"],
  ],
  ["C01 empty name", swap("name: web", 'name: ""'), ["1:7 name: the text is empty"]],
  [
    "C02 an unknown state in state_match",
    swap("    type: tick\n", "    type: tick\n    state_match: [NOPE]\n"),
    ['14:19 watchers[0].state_match[0]: watcher "w" names the unknown state "NOPE"; known states: A and B'],
  ],
  [
    "C02 a state misspelt",
    swap("    type: tick\n", "    type: tick\n    state_match:\n      - A\n      - b\n"),
    ['16:9 watchers[0].state_match[1]: watcher "w" names the unknown state "b", did you mean "B"?'],
  ],
  [
    "C03 an unknown fail_transition",
    swap("    type: tick\n", "    type: tick\n    fail_transition: nope\n"),
    [
      '14:22 watchers[0].fail_transition: watcher "w" names the unknown transition "nope"; known transitions: go and back',
    ],
  ],
  [
    "C03 an unknown success_transition",
    swap("    type: tick\n", "    type: tick\n    success_transition: bcak\n"),
    [
      '14:25 watchers[0].success_transition: watcher "w" names the unknown transition "bcak", did you mean "back"?',
    ],
  ],
  [
    "C03 an unknown transition of the type's own",
    looking({ properties: "      else_transition: gone\n" }),
    [
      '16:24 watchers[0].properties.else_transition: watcher "w" names the unknown transition "gone"; known transitions: go and back',
    ],
  ],
  [
    "C05 announce_interval below a minute",
    swap("    type: tick\n", "    type: tick\n    announce_interval: 30s\n"),
    ["14:24 watchers[0].announce_interval: 30s is too short, expected at least 1m"],
  ],
  [
    "C05 announce_interval without a unit",
    swap("    type: tick\n", "    type: tick\n    announce_interval: 60\n"),
    ['14:24 watchers[0].announce_interval: 60 has no unit, write "60s" for seconds'],
  ],
  [
    "C06 a subscription without a machine",
    swap("    destination: B\n", "    destination: B\n    subscribe:\n      - event: x\n"),
    [
      '9:9 transitions[0].subscribe[0]: machine_name is missing: the machine to listen to (subscription of transition "go")',
    ],
  ],
  [
    "C06 a subscription without an event",
    swap("    destination: B\n", "    destination: B\n    subscribe: [{machine_name: m}]\n"),
    [
      '8:17 transitions[0].subscribe[0]: event is missing: the transition of that machine that fires this one (subscription of transition "go")',
    ],
  ],
  [
    "C06 a subscription that is no list",
    swap("    destination: B\n", "    destination: B\n    subscribe: {machine_name: m, event: x}\n"),
    ['8:16 transitions[0].subscribe: found a map, expected a list (subscription of transition "go")'],
  ],
  [
    "C07 an unknown type",
    swap("type: tick", "type: nosuch"),
    ['13:11 watchers[0].type: unknown watcher type "nosuch" (known: look and tick)'],
  ],
  [
    "C07 a type misspelt",
    swap("type: tick", "type: lok"),
    ['13:11 watchers[0].type: unknown watcher type "lok" (known: look and tick), did you mean "look"?'],
  ],
  [
    "C08 two watchers of one name",
    `${machine}  - name: w\n    type: tick\n`,
    ['14:11 watchers[1].name: watcher "w" is already on line 12: every watcher needs a name of its own'],
  ],
  [
    "C09 an unknown key of the machine",
    `${machine}splay: 3\n`,
    ['14:1 splay: unknown key "splay", did you mean "splay_start"?'],
  ],
  [
    "C09 an unknown key far from any other",
    `${machine}zzz: 3\n`,
    [
      '14:1 zzz: unknown key "zzz"; known here: name, version, initial_state, transitions, watchers, description, splay_start, on_restart and rate_limit',
    ],
  ],
  [
    "C09 an unknown key of a transition",
    swap("    destination: B\n", "    destination: B\n    subscribed: []\n"),
    ['8:5 transitions[0].subscribed: unknown key "subscribed", did you mean "subscribe"?'],
  ],
  [
    "C09 an unknown key of a watcher",
    swap("    type: tick\n", "    type: tick\n    statematch: [A]\n"),
    ['14:5 watchers[0].statematch: unknown key "statematch", did you mean "state_match"?'],
  ],
  [
    "C09 an unknown property",
    looking({ properties: "      tarjet: y\n" }),
    ['16:7 watchers[0].properties.tarjet: unknown key "tarjet", did you mean "target"?'],
  ],
  [
    "C09 a misspelt required key is told once",
    swap("name: web", "nmae: web"),
    ['1:1 nmae: unknown key "nmae", did you mean "name"?'],
  ],
  [
    "C09 a property of a type that has none",
    swap("    type: tick\n", "    type: tick\n    properties: {speed: 1}\n"),
    ['14:18 watchers[0].properties.speed: unknown key "speed"; none is known here'],
  ],
  [
    "C10 an interval without a unit",
    looking({ watcher: "    interval: 10\n" }),
    ['14:15 watchers[0].interval: 10 has no unit, write "10s" for seconds'],
  ],
  [
    "C10 an interval as text without a unit",
    looking({ watcher: '    interval: "10"\n' }),
    ['14:15 watchers[0].interval: "10" is no duration: it has no unit, write "10s" for seconds'],
  ],
  [
    "C10 an interval with an unknown unit",
    looking({ watcher: "    interval: 5x\n" }),
    [
      '14:15 watchers[0].interval: "5x" is no duration, write for example "500ms", "10s", "1h30m", "2d" or "1w"',
    ],
  ],
  [
    "C10 a negative interval",
    looking({ watcher: "    interval: -5s\n" }),
    ['14:15 watchers[0].interval: "-5s" is no duration: it is negative'],
  ],
  [
    "an interval below the type's minimum",
    looking({ watcher: "    interval: 100ms\n" }),
    ["14:15 watchers[0].interval: 100ms is too short for a look watcher, expected at least 500ms"],
  ],
  [
    "a list where text is expected",
    swap("name: web", "name: [web]"),
    ["1:7 name: found a list, expected text"],
  ],
  ["a number where a name is expected", swap("name: web", "name: 7"), ["1:7 name: found 7, expected text"]],
  [
    "a true where a state is expected",
    swap("initial_state: A", "initial_state: true"),
    ['3:16 initial_state: found true, expected text: write "true" in quotes'],
  ],
  [
    "a name with a space",
    swap("name: web", "name: my web"),
    ['1:7 name: "my web" is not allowed: a name begins with a letter and has only letters, digits, _ and -'],
  ],
  [
    "a name that begins with a digit",
    swap("name: web", "name: 1web"),
    ['1:7 name: "1web" is not allowed: a name begins with a letter and has only letters, digits, _ and -'],
  ],
  [
    "a name with a dot",
    swap("name: go\n", "name: go.now\n"),
    [
      '5:11 transitions[0].name: "go.now" is not allowed: a name begins with a letter and has only letters, digits, _ and -',
    ],
  ],
  [
    "a state with a hash",
    swap("destination: B", 'destination: "#B"'),
    [
      '7:18 transitions[0].destination: "#B" is not allowed: a name begins with a letter and has only letters, digits, _ and -',
    ],
  ],
  [
    "a name that is too long",
    swap("name: web", `name: ${"w".repeat(129)}`),
    [
      '1:7 name: "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww…" is too long, expected at most 128 characters',
    ],
  ],
  [
    "a version that is a list",
    swap("version: 1.0.0", "version: [1, 0]"),
    ["2:10 version: found a list, expected text"],
  ],
  ["a version that is empty", swap("version: 1.0.0", 'version: ""'), ["2:10 version: the text is empty"]],
  [
    "from as one state",
    swap("from: [A]", "from: A"),
    ['6:11 transitions[0].from: found "A", expected a list: write [A]'],
  ],
  [
    "transitions as a map",
    `${upTo("transitions:")}transitions:\n  go: {from: [A], destination: B}\n${from("watchers:")}`,
    ["5:3 transitions: found a map, expected a list"],
  ],
  [
    "a transition that is text",
    `${upTo("watchers:")}  - reset\n${from("watchers:")}`,
    ['11:5 transitions[2]: found "reset", expected a map'],
  ],
  [
    "a transition without from and destination",
    `${upTo("watchers:")}  - name: reset\n${from("watchers:")}`,
    [
      "11:5 transitions[2]: from is missing: the states in which this transition is legal",
      "11:5 transitions[2]: destination is missing: the state that the machine is in afterwards",
    ],
  ],
  [
    "a watcher without name and type",
    `${machine}  - state_match: [A]\n`,
    [
      "14:5 watchers[1]: name is missing: unique in this machine",
      "14:5 watchers[1]: type is missing: how to look: the watcher type",
    ],
  ],
  [
    "a foreign state without a state",
    swap("    type: tick\n", "    type: tick\n    foreign_state_required: [{machine_name: db}]\n"),
    ["14:30 watchers[0].foreign_state_required[0]: state is missing: the state that it must be in"],
  ],
  [
    "a foreign state misspelt",
    swap("    type: tick\n", "    type: tick\n    foreign_state_required: [{machine: db, state: UP}]\n"),
    [
      '14:31 watchers[0].foreign_state_required[0].machine: unknown key "machine", did you mean "machine_name"?',
    ],
  ],
  [
    "properties that are a list",
    looking({}).replace("    properties:\n      target: x\n", "    properties: [x]\n"),
    ["14:17 watchers[0].properties: found a list, expected a map"],
  ],
  [
    "a required property missing",
    looking({}).replace("    properties:\n      target: x\n", ""),
    ["12:5 watchers[0].properties: target is missing: what to look at"],
  ],
  [
    "a property of the wrong kind",
    looking({ properties: "      mode: pull\n      strict: maybe\n      times: many\n" }),
    [
      '16:13 watchers[0].properties.mode: found "pull", expected "poll" or "watch", did you mean "poll"?',
      '17:15 watchers[0].properties.strict: found "maybe", expected true or false',
      '18:14 watchers[0].properties.times: found "many", expected a whole number',
    ],
  ],
  [
    "a property out of range",
    looking({ properties: "      times: 11\n" }),
    ["16:14 watchers[0].properties.times: found 11, expected a number <= 10"],
  ],
  [
    "a property that is no duration",
    looking({ properties: "      timeout: 10\n" }),
    ['16:16 watchers[0].properties.timeout: "10" is no duration: it has no unit, write "10s" for seconds'],
  ],
  [
    "a property that no branch takes",
    looking({ properties: "      either: 5\n" }),
    ["16:15 watchers[0].properties.either: found 5, expected false or a map"],
  ],
  [
    "a property wrong inside its branch",
    looking({ properties: "      either: {size: x, colour: red}\n" }),
    [
      '16:22 watchers[0].properties.either.size: found "x", expected a whole number',
      '16:25 watchers[0].properties.either.colour: unknown key "colour"; known here: size',
    ],
  ],
  [
    "a property that only reading refuses",
    looking({}).replace("target: x", 'target: "{{"'),
    ['15:7 watchers[0].properties: template "{{" is not closed, write }} at its end'],
  ],
  [
    "on_restart misspelt",
    `${machine}on_restart: resumed\n`,
    ['14:13 on_restart: found "resumed", expected "resume" or "reset", did you mean "resume"?'],
  ],
  [
    "splay_start negative",
    `${machine}splay_start: -1\n`,
    ["14:14 splay_start: found -1, expected a number >= 0"],
  ],
  [
    "splay_start in parts of a second",
    `${machine}splay_start: 1.5\n`,
    ['14:14 splay_start: found 1.5, expected a whole number or a duration such as "10s"'],
  ],
  [
    "splay_start that is no duration",
    `${machine}splay_start: soon\n`,
    ['14:14 splay_start: "soon" is no duration, write for example "500ms", "10s", "1h30m", "2d" or "1w"'],
  ],
  [
    "rate_limit true",
    `${machine}rate_limit: true\n`,
    ["14:13 rate_limit: found true, expected false or a map"],
  ],
  [
    "rate_limit with bad delays",
    `${machine}rate_limit:\n  delays: [0s, 25]\n  quiet: 1min\n`,
    [
      '15:16 rate_limit.delays[1]: 25 has no unit, write "25s" for seconds',
      '16:10 rate_limit.quiet: "1min" is no duration, write for example "500ms", "10s", "1h30m", "2d" or "1w"',
    ],
  ],
  [
    "rate_limit without any delay",
    `${machine}rate_limit: {delays: []}\n`,
    ["14:22 rate_limit.delays: found an empty list, expected at least one"],
  ],
  [
    "a top level list",
    "- name: web\n",
    ["1:1 found a list: a machine is a map with name, version, initial_state, transitions and watchers"],
  ],
  [
    "a top level text",
    "hello world\n",
    [
      '1:1 found "hello world": a machine is a map with name, version, initial_state, transitions and watchers',
    ],
  ],
  [
    "duplicate keys",
    `${machine}name: other\n`,
    ['14:1 key "name" is already on line 1 of this map: keep one of the two'],
  ],
  [
    "a duplicate key deep inside",
    swap("    type: tick\n", "    type: tick\n    name: v\n"),
    ['14:5 key "name" is already on line 12 of this map: keep one of the two'],
  ],
  [
    "tabs as indentation",
    swap("  - name: go\n    from", "  - name: go\n\tfrom"),
    ["6:1 a tab is used as indentation: YAML wants spaces there"],
  ],
  [
    "a tab after spaces",
    swap("    type: tick\n", "  \ttype: tick\n"),
    ["13:3 a tab is used as indentation: YAML wants spaces there"],
  ],
  [
    "a key in another column",
    swap("    destination: B", "   destination: B"),
    ["7:4 this stands in another column than its neighbours: indent them alike"],
  ],
  ["an open list", swap("from: [A]", "from: [A"), ["7:5 a list opened with [ is not closed with ]"]],
  ["an open map", `${machine}rate_limit: {quiet: 1m\n`, ["14:23 a map opened with { is not closed with }"]],
  ["an open quote", swap("name: web", 'name: "web'), ["13:15 a quote is opened and never closed"]],
  [
    "a colon in unquoted text",
    `${machine}description: note: this\n`,
    [
      '14:14 a value here goes on as a map: put text that holds ": " in quotes, or indent the next line like this one',
    ],
  ],
  ["a key without a colon", `${machine}description\n`, ['14:1 this key has no ": " and value after it']],
  [
    "an unquoted at sign",
    `${machine}description: @home\n`,
    ["14:14 text that begins with @ must be in quotes"],
  ],
  [
    "an unknown escape",
    `${machine}description: "\\d+"\n`,
    ["14:15 \\d is no escape in double quotes: use single quotes, or double the backslash"],
  ],
  [
    "an unknown tag",
    `${machine}description: !secret x\n`,
    ["14:14 tag !secret is not known: put text that begins with ! in quotes"],
  ],
  [
    "an unquoted star",
    looking({}).replace("target: x", "target: *.log"),
    ["15:15 *.log refers to an anchor that is not there; text that begins with * must be in quotes"],
  ],
  [
    "an unquoted template",
    looking({}).replace("target: x", "target: {{ lookup }}"),
    ["15:16 a key must be text, and this is a list or a map: put a template {{ … }} in quotes"],
  ],
  ["a key that is a number", `${machine}1: x\n`, ['14:1 a key must be text: write "1" in quotes']],
  [
    "a key that is a list",
    `${machine}? [a]\n: x\n`,
    ["14:3 a key must be text, and this is a list or a map"],
  ],
  ["a key called __proto__", `${machine}__proto__: {name: x}\n`, ["14:1 __proto__ cannot be a key"]],
  [
    "a number without end",
    looking({ properties: "      times: .inf\n" }),
    ["16:14 .inf is no number that can be kept: put it in quotes if it is text"],
  ],
  [
    "a second document",
    `${machine}---\nname: other\n`,
    ["14:1 a second document begins here: a file holds one"],
  ],
  [
    "a value that contains itself",
    `${machine}description: &d [*d]\n`,
    ["14:18 *d stands inside the value that it refers to"],
  ],
  [
    "a merge of something that is no map",
    `${machine}<<: 5\n`,
    ["14:1 << merges maps into this one, and its value is no map"],
  ],
  [
    "several faults at once",
    `name: web
version: 1.0.0
initial_state: A
transitions:
  - name: go
    from: [A]
    destination: B
watchers:
  - name: w
    type: look
    state_match: [C]
    interval: 10
    success_transition: gone
    propertys: {}
  - name: w
    type: tick
    announce_interval: 1s
`,
    [
      "9:5 watchers[0].properties: target is missing: what to look at",
      '11:19 watchers[0].state_match[0]: watcher "w" names the unknown state "C"; known states: A and B',
      '12:15 watchers[0].interval: 10 has no unit, write "10s" for seconds',
      '13:25 watchers[0].success_transition: watcher "w" names the unknown transition "gone"; known transitions: go',
      '14:5 watchers[0].propertys: unknown key "propertys", did you mean "properties"?',
      '15:11 watchers[1].name: watcher "w" is already on line 9: every watcher needs a name of its own',
      "17:24 watchers[1].announce_interval: 1s is too short, expected at least 1m",
    ],
  ],
  [
    "a condition that is none, of a transition; a list for one",
    machine
      .replace("destination: B\n", "destination: B\n    when: data.size >\n")
      .replace("destination: A\n", "destination: A\n    when: [x]\n"),
    [
      "8:11 transitions[0].when: expression, column 12: it ends too early, expected a value",
      "12:11 transitions[1].when: found a list, expected text",
    ],
  ],
  [
    "a condition with an unknown name, and one that is no condition",
    machine
      .replace("destination: B\n", "destination: B\n    when: dat.size > 1\n")
      .replace("destination: A\n", "destination: A\n    when: '\"x\"'\n"),
    [
      '8:11 transitions[0].when: expression, column 1: unknown name "dat", did you mean "data"?',
      "12:11 transitions[1].when: expression, column 1: it gives text, expected true or false: compare it with something",
    ],
  ],
  [
    "what a transition sets and counts, in all the wrong ways",
    machine
      .replace(
        "destination: B\n",
        `destination: B
    set:
      x: '{{ lokup "data.x" "" }}'
      list: [1, { y: '{{ Title' }]
      n: 1
    increment: [n, m, m, { key: w, window: 1h }, { key: s, window: 10ms }]
`,
      )
      .replace("destination: A\n", "destination: A\n    increment: { key: w, window: 2h }\n"),
    [
      '9:10 transitions[0].set.x: template, line 1 column 4: there is no function "lokup", did you mean "lookup"?',
      '10:22 transitions[0].set.list[1].y: template, line 1 column 1: this "{{" has no "}}"',
      '12:17 transitions[0].increment[0]: "n" is in set and in increment; remove one of them',
      '12:23 transitions[0].increment[2]: "m" is counted twice by one transition; use `by` to add more than 1',
      "12:68 transitions[0].increment[4].window: 10ms is too short for a window; expected at least 1s",
      '16:23 transitions[1].increment.key: the counter "w" has a window of 2h here and a window of 1h on line 12; expected the same window in all transitions of a machine',
    ],
  ],
  [
    "set and increment of the wrong shape",
    machine
      .replace("destination: B\n", "destination: B\n    set: [x]\n    increment: { kye: n, windw: 1h }\n")
      .replace(
        "destination: A\n",
        "destination: A\n    sett: {}\n    increment: [{ key: n, by: 0, window: 5 }, 7]\n",
      ),
    [
      "8:10 transitions[0].set: found a list, expected a map",
      '9:18 transitions[0].increment.kye: unknown key "kye", did you mean "key"?',
      '9:26 transitions[0].increment.windw: unknown key "windw", did you mean "window"?',
      '13:5 transitions[1].sett: unknown key "sett", did you mean "set"?',
      "14:31 transitions[1].increment[0].by: found 0, expected a number >= 1",
      '14:42 transitions[1].increment[0].window: 5 has no unit, write "5s" for seconds',
      "14:47 transitions[1].increment[1]: found 7, expected text or a map",
    ],
  ],
  [
    "types of Choria that are not provided",
    `${swap("type: tick", "type: ccm_manifest")}  - {name: v, type: homekit}\n`,
    [
      '13:11 watchers[0].type: watcher type "ccm_manifest" of Choria is not provided: run `ccm apply` from an exec watcher',
      '14:21 watchers[1].type: watcher type "homekit" of Choria is not provided: Choria has removed it too; use an httpswitch watcher',
    ],
  ],
  [
    "retries without a number, and out of bounds",
    `${machine}    retry: {}\n  - {name: v, type: tick, retry: {times: 0, delay: 5, backoff: 0.5, jitter: 2, often: 1}}\n`,
    [
      "14:12 watchers[0].retry: times is missing: how often it is tried again",
      "15:42 watchers[1].retry.times: found 0, expected a number >= 1",
      '15:52 watchers[1].retry.delay: 5 has no unit, write "5s" for seconds',
      "15:64 watchers[1].retry.backoff: found 0.5, expected a number >= 1",
      "15:77 watchers[1].retry.jitter: found 2, expected a number <= 1",
      '15:80 watchers[1].retry.often: unknown key "often"; known here: times, delay, backoff, longest and jitter',
    ],
  ],
  [
    "requirements that cannot be met",
    `${machine.replace("type: tick", "type: tick\n    state_match: [A]")}    requires: [w, vv, other]
  - {name: v, type: tick, state_match: [A], requires: [u]}
  - {name: u, type: tick, state_match: [A], requires: [v]}
  - {name: other, type: tick, state_match: [B]}
`,
    [
      '15:16 watchers[0].requires[0]: watcher "w" requires itself: it would never look',
      '15:19 watchers[0].requires[1]: watcher "w" requires the unknown watcher "vv"; there are w, v, u and other',
      '15:23 watchers[0].requires[2]: watcher "other" is active in none of the states of "w", which would wait for it for ever',
      '16:56 watchers[1].requires[0]: watchers "v" and "u" wait for each other: neither would ever look',
      '17:56 watchers[2].requires[0]: watchers "u" and "v" wait for each other: neither would ever look',
    ],
  ],
];

describe("broken machine files", () => {
  it.each(cases)("%s", (_name, text, expected) => {
    const { definition, faults } = checkDefinition(Buffer.from(text), { file: "web.yaml", types: fakeTypes });
    expect(faults.map((fault) => faultLine(fault))).toEqual(expected.map((line) => `web.yaml:${line}`));
    expect(definition).toBeUndefined();
    expect(faults.map((fault) => renderFault(fault)).join("\n")).not.toMatch(/\n\s+at .*:\d+:\d+/);
  });

  it("are at least sixty", () => {
    expect(new Set(cases.map(([, text]) => text)).size).toBeGreaterThanOrEqual(60);
  });
});
