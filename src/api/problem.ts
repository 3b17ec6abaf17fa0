/** What every answer of the API with a status from 400 on holds, and what the command line prints. */
export interface Problem {
  /** For programs; docs/api.md lists them. */
  readonly code: string;
  /** For people: what failed. */
  readonly message: string;
  /** With which values; never a secret. */
  readonly values: Readonly<Record<string, string>>;
  /** What to do now. */
  readonly next: string;
}

/** As it goes over the wire: RFC 9457, with our code, values and next step beside. */
export interface ProblemDocument extends Omit<Problem, "message"> {
  /** Names the kind of problem; not meant to be fetched. */
  readonly type: string;
  /** The kind in words: the same for each of it. */
  readonly title: string;
  readonly status: number;
  readonly detail: string;
}

export function documentOf({
  status,
  problem: { code, message, values, next },
}: ApiProblem): ProblemDocument {
  return {
    type: `urn:hashlane:problem:${code}`,
    title: code.replaceAll("_", " "),
    status,
    detail: message,
    code,
    values,
    next,
  };
}

/** Null if it is none of ours. */
export function problemIn(document: unknown): Problem | null {
  const { code, detail, values, next } = (document ?? {}) as Partial<ProblemDocument>;
  if (typeof code !== "string" || typeof detail !== "string") return null;
  return { code, message: detail, values: values ?? {}, next: next ?? "" };
}

/** A problem that travels as an error, between the daemon's parts and from the client to its caller. */
export class ApiProblem extends Error {
  readonly problem: Problem;
  readonly status: number;

  constructor(status: number, problem: Problem, options?: { readonly cause?: unknown }) {
    super(problem.message, options);
    this.name = "ApiProblem";
    this.status = status;
    this.problem = problem;
  }
}

/** With the status that its code stands for. */
export function problem(
  status: number,
  code: string,
  message: string,
  next: string,
  values: Problem["values"] = {},
): ApiProblem {
  return new ApiProblem(status, { code, message, values, next });
}
