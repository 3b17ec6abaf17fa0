import type { ComponentChildren } from "preact";
import { ChannelPage } from "./explorer/channel-page.tsx";
import { DefinitionsPage } from "./explorer/definitions-page.tsx";
import { HomePage } from "./explorer/home-page.tsx";
import { NetworkPage } from "./explorer/network-page.tsx";
import { NodePage } from "./explorer/node-page.tsx";
import { SearchPage } from "./explorer/search-page.tsx";
import { MinePage } from "./mine/mine-page.tsx";
import { Header } from "./parts/header.tsx";
import { LiveProvider, useOwnLive } from "./parts/live.ts";
import { hrefOf, type Place, usePlace } from "./parts/place.ts";
import { SettingsProvider, useOwnSettings, useSay } from "./parts/settings.ts";
import { StatusBanner } from "./parts/status-banner.tsx";

export function App() {
  const settings = useOwnSettings();
  const live = useOwnLive();
  const place = usePlace();
  return (
    <SettingsProvider value={settings}>
      <LiveProvider value={live}>
        <Frame place={place}>
          <Page place={place} />
        </Frame>
      </LiveProvider>
    </SettingsProvider>
  );
}

function Frame({ place, children }: { readonly place: Place; readonly children: ComponentChildren }) {
  const say = useSay();
  return (
    <>
      <button class="skip" type="button" onClick={() => document.getElementById("content")?.focus()}>
        {say("skip")}
      </button>
      <Header place={place} />
      <StatusBanner />
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

function Page({ place: { page, id } }: { readonly place: Place }) {
  switch (page) {
    case "":
      return <HomePage />;
    case "network":
      return <NetworkPage />;
    case "node":
      return <NodePage id={id} />;
    case "channel":
      return <ChannelPage id={id} />;
    case "search":
      return <SearchPage q={id} />;
    case "definitions":
      return <DefinitionsPage />;
    case "mine":
      return <MinePage />;
    default:
      return <NoPage />;
  }
}

function NoPage() {
  const say = useSay();
  return (
    <section class="problem">
      <h1>{say("noSuchPage")}</h1>
      <p>{say("noSuchPageHint")}</p>
      <p>
        <a href={hrefOf("")}>{say("home")}</a>
      </p>
    </section>
  );
}
