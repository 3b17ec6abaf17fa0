import { reasonOf } from "../../chain/failure.ts";
import type { Known } from "../../node/guarded.ts";
import type { HashlaneNode, TowerProof } from "../../node/hashlane-node.ts";
import type { Crypto, Signer } from "../../protocol/crypto.ts";
import { HashlaneError } from "../../protocol/error.ts";
import { checkAppointment, nameAppointment } from "../../protocol/tower.ts";
import type { Domain } from "../../protocol/types.ts";
import type { KnownTower } from "./tower-book.ts";
import { TowerClient } from "./tower-client.ts";

export interface ConsultParts {
  readonly towers: readonly KnownTower[];
  readonly signer: Signer;
  readonly crypto: Crypto;
  readonly domain: Domain;
  /** The owner knows that data was lost, and wants the channels to be closed with the peers' help. */
  readonly acceptsLoss: boolean;
  readonly warn: (text: string, values: Readonly<Record<string, string>>) => void;
}

interface Proof {
  readonly known: Known;
  readonly proof: TowerProof;
}

const AT_ONCE = 8;

/**
 * [TOWER-4] Before a node says anything: asks every tower for the newest states that it holds. One that this store
 * does not know of was accepted by this node, so that the store is a copy or an older one: the node does not start,
 * unless its owner or a restore mark says that it lost data.
 */
export async function consultTowers(node: HashlaneNode, parts: ConsultParts): Promise<void> {
  const channels = node.guarded.known();
  if (channels.length === 0) return;
  const found = (await Promise.all(parts.towers.map((tower) => askOne(tower, channels, parts)))).flat();
  const [first] = found;
  if (first === undefined) return;
  if (!node.guarded.isRestored() && !parts.acceptsLoss) throw storeOlder(first);
  for (const { known, proof } of found) {
    const { channel, heldSeq } = known;
    const values = { channel, tower: proof.tower, known: String(heldSeq), held: String(proof.state.seq) };
    parts.warn("a tower holds a newer state than this store knows", values);
    await node.heedTower(proof);
  }
}

/** One that does not answer keeps no node from starting: the others, and the peers, may prove the same. */
async function askOne(
  tower: KnownTower,
  channels: readonly Known[],
  parts: ConsultParts,
): Promise<readonly Proof[]> {
  const client = new TowerClient({ ...tower, ...parts });
  const proofs: Proof[] = [];
  try {
    for (let from = 0; from < channels.length; from += AT_ONCE) {
      const some = channels.slice(from, from + AT_ONCE).map((known) => proofOf(client, tower, known, parts));
      proofs.push(...(await Promise.all(some)).filter((proof) => proof !== null));
    }
  } catch (thrown) {
    const { url } = tower;
    parts.warn("a tower could not be asked for newer states", { url, reason: reasonOf(thrown) });
  }
  return proofs;
}

/** What a tower proves about a channel beyond what the store knows; null if nothing. */
export async function proofOf(
  client: TowerClient,
  { tower, url }: Pick<KnownTower, "tower" | "url">,
  known: Known,
  { crypto, domain, warn }: Pick<ConsultParts, "crypto" | "domain" | "warn">,
): Promise<Proof | null> {
  const { channel, params, life, side, heldSeq, ownSeq } = known;
  const record = await client.record(channel, side);
  if (record === null || (record.state.seq <= heldSeq && record.state.ack <= ownSeq)) return null;
  const appointment = { params, life, side, ...record };
  const refusal = checkAppointment(
    crypto,
    domain,
    nameAppointment(crypto, domain, tower, appointment),
    appointment,
  );
  if (refusal !== null) {
    warn("a tower gave back what was never brought to it", { url, channel, why: refusal.code });
    return null;
  }
  return { known, proof: { channel, tower, ...record } };
}

function storeOlder({ known: { channel, heldSeq }, proof }: Proof): HashlaneError {
  return new HashlaneError("store_older", {
    failed: "this store is older than what this node has accepted: it is a copy, or was brought back",
    given: { channel, known_state: heldSeq, accepted_state: proof.state.seq, tower: proof.tower },
    next:
      "Start the node from its newest directory, and never from two. If that is gone for good, start with " +
      "--accept-loss: every channel is then closed with the help of its peer.",
  });
}
