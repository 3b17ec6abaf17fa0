import type { Found } from "../../src/api/explorer-views.ts";
import { explorer } from "../parts/client.ts";
import { useLoad } from "../parts/load.ts";
import { hrefOf } from "../parts/place.ts";
import { Show } from "../parts/problem.tsx";
import { useSay } from "../parts/settings.ts";

export function SearchPage({ q }: { readonly q: string }) {
  const say = useSay();
  const [loaded, again] = useLoad(`search ${q}`, () => explorer.call("search", { q }));
  return (
    <>
      <h1>{say("found", { q })}</h1>
      <Show loaded={loaded} retry={again}>
        {({ entries }) =>
          entries.length === 0 ? (
            <p class="hint">{say("foundNothing")}</p>
          ) : (
            <ul class="found">
              {entries.map((found) => (
                <li key={`${found.kind} ${found.text}`}>
                  <span class="badge">{say(found.kind)}</span>{" "}
                  <a href={hrefTo(found)}>
                    <code class="id">{found.text}</code>
                  </a>
                </li>
              ))}
            </ul>
          )
        }
      </Show>
    </>
  );
}

function hrefTo({ kind, id }: Found): string {
  return kind === "node" || kind === "owner" ? hrefOf("node", id) : hrefOf("channel", id);
}
