import type { Read } from "../api/fields.ts";
import type { ROUTES } from "../api/routes.ts";
import type { Decoded, PaymentRoute } from "../api/views.ts";
import type { Amount } from "../protocol/types.ts";
import { toProblem } from "./failure.ts";
import { isoOf, readInvoice } from "./invoices.ts";
import type { Parts } from "./parts.ts";

type RouteRequest = Read<(typeof ROUTES.route)["fields"]>;

/** What an invoice says; nothing is paid. */
export function decode(parts: Parts, text: string): Decoded {
  const { chainId, contract, token, amount, hash, payee, description, created, expiry, claimTime } =
    readInvoice(parts, text);
  return {
    payee,
    amount: parts.assets.money(amount, token),
    token,
    description,
    hash,
    created: isoOf(created),
    expires: isoOf(expiry),
    isExpired: parts.node.head().time >= expiry,
    claimSeconds: claimTime,
    chainId: chainId.toString(),
    contract,
  };
}

/** How a payment would go now, and what it would cost; nothing is paid. */
export function previewRoute(parts: Parts, request: RouteRequest): PaymentRoute {
  const { assets, node } = parts;
  const { token, amount } = readInvoice(parts, request.invoice);
  const money = (one: Amount) => assets.money(one, token);
  const most = assets.feeLimit(request.maxFee, token);
  try {
    const { parts: ways, fee, rent } = node.previewRoute({ invoice: request.invoice, maxFee: most });
    const shown = ways.map((way) => ({
      amount: money(way.amount),
      fee: money(way.fee),
      rent: money(way.rent),
      hops: way.hops.map((hop) => ({ ...hop, amount: money(hop.amount), rent: money(hop.rent) })),
    }));
    return { amount: money(amount), fee: money(fee), rent: money(rent), parts: shown };
  } catch (thrown) {
    throw toProblem(thrown, { maxFee: assets.money(most, token).value });
  }
}
