import type { Money } from "../api/amounts.ts";
import type { Info } from "../api/views.ts";
import { balanceOf } from "../chain/token.ts";
import type { ChannelView } from "../node/view.ts";
import { ZERO_ADDRESS } from "../protocol/checked.ts";
import type { AssetTerms } from "./config.ts";
import { parseEndpoint, showEndpoint, showNodeUri } from "./endpoint.ts";
import { isFrozen } from "./freeze.ts";
import { isoOf } from "./invoices.ts";
import type { Parts } from "./parts.ts";
import { VERSION } from "./version.ts";

export async function infoOf(parts: Parts): Promise<Info> {
  const { config, node, contracts, account, assets, events } = parts;
  const { number, time } = node.head();
  const channels = node.channels();
  return {
    version: VERSION,
    alias: config.alias,
    node: node.id,
    uri: uriOf(parts),
    listens: node.address === null ? null : `wss://${node.address}`,
    owner: config.owner,
    account: account.address,
    chain: {
      id: config.chainId.toString(),
      contract: config.hashlane,
      block: number,
      time: isoOf(time),
    },
    frozen: isFrozen(parts),
    channels: channels.length,
    peers: node.peers().length,
    policiesKnown: node.policies().length,
    ...liquidityOf(parts),
    wallet: assets.money(await balanceOf(contracts, ZERO_ADDRESS, account.address), ZERO_ADDRESS),
    wallets: await walletsOf(parts),
    cursor: events.newest,
  };
}

function walletsOf({ contracts, account, assets }: Parts): Promise<readonly Money[]> {
  const one = async ({ token }: AssetTerms): Promise<Money> =>
    assets.money(await balanceOf(contracts, token, account.address), token);
  return Promise.all(assets.all.map(one));
}

/** In channels that pay now. */
export function liquidityOf({ node, assets }: Parts): Pick<Info, "canPay" | "canReceive"> {
  const usable = node.channels().filter(({ status, connected }) => status === "usable" && connected);
  const sum = (of: (view: ChannelView) => bigint): readonly Money[] =>
    assets.all.map(({ token }) =>
      assets.money(
        usable.filter((view) => view.token === token).reduce((total, view) => total + of(view), 0n),
        token,
      ),
    );
  return { canPay: sum(({ spendable }) => spendable), canReceive: sum(({ balance }) => balance.theirs) };
}

export function uriOf({ config, node }: Parts): string | null {
  const bound = node.address === null ? null : parseEndpoint(node.address);
  const at = config.announce ?? (bound?.ok === true ? bound.value : null);
  if (at === null) return null;
  const owner = config.owner === node.id ? null : config.owner;
  return showNodeUri({ node: node.id, address: showEndpoint(at), owner });
}
