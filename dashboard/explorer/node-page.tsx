import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { ChannelLine, NodeDetail } from "../../src/api/explorer-views.ts";
import type { Page } from "../../src/api/views.ts";
import { explorer } from "../parts/client.ts";
import { useOnEvent } from "../parts/live.ts";
import { useLoad } from "../parts/load.ts";
import { Show } from "../parts/problem.tsx";
import { useSay } from "../parts/settings.ts";
import { Amounts, Id, Time } from "../parts/show.tsx";
import { ChannelTable } from "./tables.tsx";

const PAGE = 50;

export function NodePage({ id }: { readonly id: string }) {
  const load = async (): Promise<readonly [NodeDetail, Page<ChannelLine>]> =>
    Promise.all([
      explorer.call("node", {}, { node: id }),
      explorer.call("channelsOf", { limit: PAGE }, { node: id }),
    ]);
  const [loaded, again] = useLoad(`node ${id}`, load);
  useOnEvent(({ nodes }) => nodes?.includes(id.toLowerCase()) ?? false, again);
  return (
    <Show loaded={loaded} retry={again}>
      {([node, first]) => (
        <>
          <NodeHead node={node} />
          <Channels node={node.node} first={first} />
        </>
      )}
    </Show>
  );
}

function NodeHead({ node }: { readonly node: NodeDetail }) {
  const say = useSay();
  return (
    <>
      <h1>
        {say("node")} {node.alias}
      </h1>
      <p>
        <Id id={node.node} />
      </p>
      <dl class="facts">
        <div>
          <dt>{say("capacity")}</dt>
          <dd>
            <Amounts all={node.capacity} />
          </dd>
        </div>
        <Fact name={say("channels")}>
          {node.channels} {say("phase_open")}, {node.closing} {say("phase_closing")}, {node.ended}{" "}
          {say("phase_ended")}
        </Fact>
        <Fact name={say("since")}>
          <Time at={node.since} />
        </Fact>
        <Fact name={say("convictedTimes")}>{node.convicted}</Fact>
        <Fact name={say("victimTimes")}>{node.victim}</Fact>
        <Fact name={say("owners")}>
          {node.owners.map((owner) => (
            <div key={owner}>
              <Id id={owner} />
            </div>
          ))}
        </Fact>
      </dl>
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Channels({ node, first }: { readonly node: string; readonly first: Page<ChannelLine> }) {
  const say = useSay();
  const [rest, setRest] = useState<Page<ChannelLine> | null>(null);
  const next = (rest ?? first).next;
  const more = async (): Promise<void> => {
    const page = await explorer.call("channelsOf", { limit: PAGE, cursor: next ?? "0" }, { node });
    setRest({ entries: [...(rest?.entries ?? []), ...page.entries], next: page.next });
  };
  return (
    <>
      <ChannelTable title={say("channels")} channels={[...first.entries, ...(rest?.entries ?? [])]} />
      {next !== null && (
        <button type="button" onClick={() => void more()}>
          {say("more")}
        </button>
      )}
    </>
  );
}
