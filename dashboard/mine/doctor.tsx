import { useLoad } from "../parts/load.ts";
import { Show } from "../parts/problem.tsx";
import { useSay } from "../parts/settings.ts";
import { useAct } from "./act.tsx";
import { useSession } from "./session.ts";

/** Warnings first: the chain, the backup, what can be paid and received; each with what to do. */
export function Doctor({ newest }: { readonly newest: number }) {
  const say = useSay();
  const { client } = useSession();
  const [loaded, again] = useLoad(`doctor ${newest}`, () => client.call("doctor", {}));
  const [backUp, told] = useAct(async () => {
    const { file, problem, channels } = await client.call("backup", {});
    return problem ?? say("backedUp", { channels, file: file ?? "–" });
  });
  return (
    <section class="card">
      <h2>{say("health")}</h2>
      <Show loaded={loaded} retry={again}>
        {({ entries }) => (
          <ul class="findings">
            {[...entries]
              .sort((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level))
              .map(({ check, level, found, next }) => (
                <li key={check} class={level}>
                  <span class={`badge ${CLASSES[level]}`}>{say(`level_${level}`)}</span>{" "}
                  <strong>{check}</strong> {found} {next !== "" && <span class="quiet">{next}</span>}
                </li>
              ))}
          </ul>
        )}
      </Show>
      <p class="row">
        <button type="button" onClick={backUp}>
          {say("backUpNow")}
        </button>
        {told}
      </p>
    </section>
  );
}

const ORDER = ["failure", "warning", "ok"];
const CLASSES = { failure: "convicted", warning: "closing", ok: "open" } as const;
