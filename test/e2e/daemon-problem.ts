import { ApiProblem, type Problem } from "../../src/api/problem.ts";

/** The problem that a call must end with. */
export async function problemOf(call: Promise<unknown>): Promise<Problem & { readonly status: number }> {
  const outcome: unknown = await call.then(
    (answer) => new Error(`the call went well: ${JSON.stringify(answer)}`),
    (thrown: unknown) => thrown,
  );
  if (!(outcome instanceof ApiProblem)) throw outcome;
  return { ...outcome.problem, status: outcome.status };
}
