import { type ComponentChildren, Fragment } from "preact";
import { ApiProblem } from "../../src/api/problem.ts";
import type { Loaded } from "./load.ts";
import { hrefOf } from "./place.ts";
import { useSay } from "./settings.ts";

/** What failed, with which values, and what to do: never a blank page. */
function ProblemView({ failure, retry }: { readonly failure: unknown; readonly retry: () => void }) {
  const say = useSay();
  const told = failure instanceof ApiProblem ? failure : null;
  const isDown = told === null ? false : told.status === 0;
  return (
    <section class="problem" role="alert">
      <h1>{isDown ? say("apiDown") : say("whatFailed")}</h1>
      <p>{isDown ? say("apiDownHint") : (told?.problem.message ?? String(failure))}</p>
      {told !== null && !isDown && <p>{told.problem.next}</p>}
      {told !== null && !isDown && (
        <dl class="values">
          <dt>code</dt>
          <dd>
            <code>{told.problem.code}</code>
          </dd>
          {Object.entries(told.problem.values).map(([name, value]) => (
            <Fragment key={name}>
              <dt>{name}</dt>
              <dd>
                <code class="id">{value}</code>
              </dd>
            </Fragment>
          ))}
        </dl>
      )}
      <p class="row">
        <button type="button" onClick={retry}>
          {say("retry")}
        </button>
        <a href={hrefOf("")}>{say("home")}</a>
      </p>
    </section>
  );
}

/** What was loaded, or what stands in its place until then. */
export function Show<T>({
  loaded,
  retry,
  children,
}: {
  readonly loaded: Loaded<T>;
  readonly retry: () => void;
  readonly children: (value: T) => ComponentChildren;
}) {
  const say = useSay();
  if (loaded.state === "loading") return <p class="quiet loading">{say("loading")}</p>;
  if (loaded.state === "failed") return <ProblemView failure={loaded.failure} retry={retry} />;
  return <>{children(loaded.value)}</>;
}
