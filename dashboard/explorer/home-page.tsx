import type { AssetView, FiguresView, Overview, SpreadView } from "../../src/api/explorer-views.ts";
import type { ComponentChildren } from "preact";
import { explorer } from "../parts/client.ts";
import { useOnEvent } from "../parts/live.ts";
import { useLoad } from "../parts/load.ts";
import { Show } from "../parts/problem.tsx";
import { useSay } from "../parts/settings.ts";
import { Amount } from "../parts/show.tsx";
import { Feed } from "./feed.tsx";
import { Figure } from "./figure.tsx";
import { GrowthCharts } from "./growth-charts.tsx";
import { ChannelTable, NodeTable } from "./tables.tsx";

export function HomePage() {
  const [overview, again] = useLoad("overview", () => explorer.call("overview", {}));
  useOnEvent(() => true, again);
  return (
    <Show loaded={overview} retry={again}>
      {(value) => <Home overview={value} />}
    </Show>
  );
}

function Home({ overview: { figures, top, recent } }: { readonly overview: Overview }) {
  const say = useSay();
  return (
    <>
      <h1 class="sr">{say("overview")}</h1>
      <Figures figures={figures} />
      {figures.channels === 0 && <p class="hint">{say("noChannels")}</p>}
      <div class="columns">
        <GrowthCharts />
        <Feed first={recent} />
      </div>
      <div class="columns even">
        <NodeTable title={say("topNodes")} nodes={top.byCapacity} />
        <NodeTable title={say("busyNodes")} nodes={top.byChannels} />
        <ChannelTable title={say("largest")} channels={top.largest} />
        <ChannelTable title={say("newest")} channels={top.newest} />
      </div>
    </>
  );
}

function Figures({ figures }: { readonly figures: FiguresView }) {
  const say = useSay();
  return (
    <section aria-label={say("figures")}>
      <div class="figures">
        <Figure name="nodes">{figures.nodes}</Figure>
        <Figure name="channels">{figures.channels}</Figure>
        {figures.assets.map((asset) => (
          <Figure key={asset.token} name="capacity">
            <Amount money={asset.capacity} />
          </Figure>
        ))}
        <Figure name="announced">{figures.announced ?? <span class="quiet">{say("unknown")}</span>}</Figure>
        <Figure name="opened">{figures.opened}</Figure>
        <Figure name="closed">{figures.closed}</Figure>
        <Figure name="closing">{figures.closing}</Figure>
        <Figure name="ended">{figures.ended}</Figure>
        <Figure name="loneCloses">{figures.loneCloses}</Figure>
        <Figure name="disputes">{figures.disputes}</Figure>
        <Figure name="convictions">{figures.convictions}</Figure>
      </div>
      <Spreads figures={figures} />
    </section>
  );
}

function Spreads({ figures: { assets, degree, feePpm } }: { readonly figures: FiguresView }) {
  return (
    <div class="figures wide">
      {assets.slice(0, 3).map(({ token, channelCapacity }: AssetView) => (
        <Figure key={token} name="channelCapacity">
          <SpreadLine spread={channelCapacity} show={(money) => <Amount money={money} />} />
        </Figure>
      ))}
      {degree !== null && (
        <Figure name="degree">
          <SpreadLine spread={degree} show={String} />
        </Figure>
      )}
      {feePpm !== null && (
        <Figure name="feePpm">
          <SpreadLine spread={feePpm} show={(ppm) => `${ppm} ppm`} />
        </Figure>
      )}
    </div>
  );
}

function SpreadLine<T>({
  spread,
  show,
}: {
  readonly spread: SpreadView<T>;
  readonly show: (value: T) => ComponentChildren;
}) {
  const say = useSay();
  return (
    <dl class="spread">
      {(["p10", "median", "p90", "most"] as const).map((name) => (
        <div key={name}>
          <dt>{say(name)}</dt>
          <dd>{show(spread[name])}</dd>
        </div>
      ))}
    </dl>
  );
}
