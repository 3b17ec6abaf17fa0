import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { ApiProblem } from "../../src/api/problem.ts";
import { useSay } from "../parts/settings.ts";

/** Does something once at a time, and tells how it went beside it. */
export function useAct(
  act: () => Promise<ComponentChildren>,
): readonly [() => void, ComponentChildren, boolean] {
  const say = useSay();
  const isBusy = useRef(false);
  const [told, setTold] = useState<ComponentChildren>(null);
  const [busy, setBusy] = useState(false);
  const start = async (): Promise<void> => {
    if (isBusy.current) return;
    isBusy.current = true;
    setBusy(true);
    setTold(<span class="quiet">{say("working")}</span>);
    try {
      setTold(<span role="status">{await act()}</span>);
    } catch (thrown) {
      setTold(<Refusal thrown={thrown} />);
    }
    isBusy.current = false;
    setBusy(false);
  };
  return [() => void start(), told, busy];
}

function Refusal({ thrown }: { readonly thrown: unknown }) {
  const problem = thrown instanceof ApiProblem ? thrown.problem : null;
  return (
    <span role="alert" class="refusal">
      {problem === null ? String(thrown) : `${problem.message}. ${problem.next}`}
    </span>
  );
}
