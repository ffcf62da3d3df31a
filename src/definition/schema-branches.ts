/** `anyOf` makes a validator complain for every branch: this keeps the complaints of the branch that was meant. */
import type { Complaint } from "./complaint.ts";

const kinds = new Set(["type", "const", "enum"]);

/**
 * For each failed choice: the errors of the branch whose kind of value it is (a map for a map), or only the choice's own
 * error when it is of no branch's kind.
 */
export function chosenBranches(complaints: readonly Complaint[]): Complaint[] {
  let rest = [...complaints];
  // Choices are reported after their branches, an inner choice before an outer one.
  for (const choice of complaints.filter(({ keyword }) => keyword === "anyOf" || keyword === "oneOf")) {
    if (!rest.includes(choice)) continue;
    const meant = meantBranch(choice, rest);
    rest = rest.filter((complaint) => {
      if (complaint === choice) return meant === undefined;
      const branch = branchOf(choice, complaint);
      return branch === undefined || branch === meant;
    });
  }
  return rest;
}

function meantBranch(choice: Complaint, complaints: readonly Complaint[]): string | undefined {
  const branches = new Map<string, boolean>();
  for (const complaint of complaints) {
    const branch = branchOf(choice, complaint);
    if (branch === undefined) continue;
    const isOtherKind = complaint.instancePath === choice.instancePath && kinds.has(complaint.keyword);
    branches.set(branch, (branches.get(branch) ?? true) && !isOtherKind);
  }
  for (const [branch, fits] of branches) if (fits) return branch;
  return undefined;
}

/** The index of the branch that a complaint comes from; undefined when it is none of this choice at this value. */
function branchOf(choice: Complaint, complaint: Complaint): string | undefined {
  const start = `${choice.schemaPath}/`;
  if (!complaint.schemaPath.startsWith(start) || !isInside(complaint.instancePath, choice.instancePath))
    return undefined;
  return complaint.schemaPath.slice(start.length).split("/")[0];
}

function isInside(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(`${outer}/`);
}
