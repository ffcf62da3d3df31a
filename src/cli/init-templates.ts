/** What `machinist init` can begin with: whole machine directories as text, each valid as it is. */

export interface TemplateFile {
  readonly path: string;
  readonly text: string;
  readonly executable: boolean;
}

export const templateNames = ["follow", "check"] as const;
export type TemplateName = (typeof templateNames)[number];

/** @param schema path of the JSON Schema as seen from the machine's directory */
export function templateFiles(template: TemplateName, name: string, schema: string): TemplateFile[] {
  const head = `# yaml-language-server: $schema=${schema}\n\n`;
  return templates[template](name, head);
}

const templates: Record<TemplateName, (name: string, head: string) => TemplateFile[]> = {
  follow: (name, head) => [
    { path: "machine.yaml", text: head + followMachine(name), executable: false },
    { path: "work.sh", text: workScript, executable: true },
  ],
  check: (name, head) => [
    { path: "machine.yaml", text: head + checkMachine(name), executable: false },
    { path: "check.sh", text: checkScript, executable: true },
    { path: "repair.sh", text: repairScript, executable: true },
  ],
};

const followMachine = (name: string): string => `\
# Runs work.sh whenever key ${name} of bucket CONFIG gets a new value.
name: ${name}
version: 0.1.0
initial_state: WAITING

transitions:
  - name: changed
    from: [WAITING, FAILED]
    destination: WORKING
  - name: worked
    from: [WORKING]
    destination: WAITING
  - name: failed
    from: [WORKING]
    destination: FAILED

watchers:
  # The value is kept in the machine's data as CONFIG_${name}.
  - name: follow
    type: kv
    state_match: [WAITING, FAILED]
    success_transition: changed
    properties:
      bucket: CONFIG
      key: ${name}
      mode: watch

  - name: work
    type: exec
    state_match: [WORKING]
    success_transition: worked
    fail_transition: failed
    properties:
      command: ./work.sh
      timeout: 1m
`;

const workScript = `\
#!/bin/sh
# WATCHER_DATA is the path of a JSON file with the machine's data. A run that was cut off by a crash comes again with
# the same MACHINE_RUN_ID, so whatever this does must be right when it is done twice.
set -eu
echo "run $MACHINE_RUN_ID with this data:"
cat "$WATCHER_DATA"
`;

const checkMachine = (name: string): string => `\
# Runs check.sh twice a minute; when it fails, repair.sh, until the check is good again.
name: ${name}
version: 0.1.0
initial_state: GOOD

transitions:
  - name: broke
    from: [GOOD]
    destination: BROKEN
  - name: repaired
    from: [BROKEN]
    destination: GOOD

watchers:
  - name: check
    type: exec
    interval: 30s
    state_match: [GOOD]
    fail_transition: broke
    properties:
      command: ./check.sh
      timeout: 10s

  - name: repair
    type: exec
    interval: 1m
    state_match: [BROKEN]
    success_transition: repaired
    properties:
      command: ./repair.sh
      timeout: 50s
`;

const checkScript = `\
#!/bin/sh
# Exit status 0: all is good. Anything else: repair.sh is run.
set -eu
test -d /tmp
`;

const repairScript = `\
#!/bin/sh
# Exit status 0: repaired, the check goes on. Anything else: run again after the interval.
set -eu
echo "nothing to repair"
`;
