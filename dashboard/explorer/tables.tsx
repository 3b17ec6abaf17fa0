import type { ChannelLine, NodeLine } from "../../src/api/explorer-views.ts";
import { useSay } from "../parts/settings.ts";
import { Amount, Amounts, ChannelLink, NodeLink, Phase, Time } from "../parts/show.tsx";

export function NodeTable({ title, nodes }: { readonly title: string; readonly nodes: readonly NodeLine[] }) {
  const say = useSay();
  if (nodes.length === 0) return null;
  return (
    <section class="card">
      <h2>{title}</h2>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">{say("node")}</th>
              <th scope="col" class="number">
                {say("capacity")}
              </th>
              <th scope="col" class="number">
                {say("channels")}
              </th>
            </tr>
          </thead>
          <tbody>
            {nodes.map(({ node, alias, capacity, channels }) => (
              <tr key={node}>
                <td>
                  <NodeLink node={node} alias={alias} />
                </td>
                <td class="number">
                  <Amounts all={capacity} />
                </td>
                <td class="number">{channels}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

export function ChannelTable({
  title,
  channels,
}: {
  readonly title: string;
  readonly channels: readonly ChannelLine[];
}) {
  const say = useSay();
  if (channels.length === 0) return null;
  return (
    <section class="card">
      <h2>{title}</h2>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">{say("channel")}</th>
              <th scope="col" class="number">
                {say("capacity")}
              </th>
              <th scope="col">{say("state")}</th>
              <th scope="col">{say("opened")}</th>
            </tr>
          </thead>
          <tbody>
            {channels.map(({ channel, nodes, aliases, capacity, phase, how, opened }) => (
              <tr key={channel}>
                <td>
                  <ChannelLink channel={channel} />
                  <div class="between">
                    <NodeLink node={nodes[0]} alias={aliases[0]} /> –{" "}
                    <NodeLink node={nodes[1]} alias={aliases[1]} />
                  </div>
                </td>
                <td class="number">
                  <Amount money={capacity} />
                </td>
                <td>
                  <Phase phase={phase} how={how} />
                </td>
                <td>
                  <Time at={opened} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
