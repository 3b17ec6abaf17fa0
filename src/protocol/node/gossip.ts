import { isNews, judgePolicy, policyOf } from "../graph.ts";
import type { Command } from "../inputs.ts";
import { signPolicy } from "../policy.ts";
import { NO_RENT, rentField } from "../rent.ts";
import type { ChannelId, NodeId, SignedPolicy } from "../types.ts";
import { mayTell, mayVerify, stopVerifying } from "./quotas.ts";
import { dropMessage, refuse, send, short, type Work } from "./work.ts";

/** A policy from a peer: kept and passed on if it is new (section 3.5). */
export function onPolicy(work: Work, from: NodeId, signed: SignedPolicy): void {
  if (signed.policy.node === work.state.config.self) return;
  const { crypto, domain } = work.ctx;
  const { graph } = work.state;
  if (!isNews(graph, signed)) return;
  const isEarly = !graph.edges.has(signed.policy.channel);
  if (!mayVerify(work, from, isEarly)) {
    dropMessage(
      work,
      from,
      "it sends more new policies than a peer may; the rest comes when it connects again",
    );
    return;
  }
  const verdict = judgePolicy(crypto, domain, graph, signed);
  switch (verdict.kind) {
    case "new":
      work.state = { ...work.state, graph: verdict.graph };
      if (mayTell(work, signed)) tell(work, signed, from);
      return;
    case "early":
      work.state = { ...work.state, graph: verdict.graph };
      return;
    case "old":
      return;
    case "forged":
      stopVerifying(work, from);
      dropMessage(work, from, verdict.why);
      return;
  }
}

/** What came before its channel goes on when that is seen: peers that knew the channel already wait for it. */
export function tellEarly(work: Work, channel: ChannelId): void {
  const edge = work.state.graph.edges.get(channel);
  for (const signed of [edge?.policyA, edge?.policyB]) {
    if (signed !== undefined && signed !== null) tell(work, signed, signed.policy.node);
  }
}

function tell(work: Work, signed: SignedPolicy, except: NodeId): void {
  for (const peer of work.state.connected.keys()) {
    if (peer !== except) send(work, peer, { kind: "policy", signed });
  }
}

/** Signs a new price of ours and tells everybody. */
export function setPolicy(work: Work, index: number, command: Extract<Command, { kind: "setPolicy" }>): void {
  const { crypto, domain, signer } = work.ctx;
  const { channel } = command.policy;
  const { graph, config } = work.state;
  const edge = graph.edges.get(channel);
  if (edge === undefined || !work.state.channels.has(channel)) {
    const message = `no policy was set: channel ${short(channel)} is not one of ours, or it is closing; list the channels`;
    refuse(work, index, { code: "unknown_channel", message });
    return;
  }
  const seq = (policyOf(edge, config.self)?.policy.seq ?? 0) + 1;
  const { rent, ...terms } = command.policy;
  const signed = signPolicy(crypto, signer, domain, { ...terms, ...rentField(rent ?? NO_RENT), seq });
  const verdict = judgePolicy(crypto, domain, graph, signed);
  if (verdict.kind !== "new")
    throw new Error(`own policy ${seq} of channel ${channel} was judged ${verdict.kind}`);
  work.state = { ...work.state, graph: verdict.graph };
  tell(work, signed, config.self);
}
