import type { Notice } from "../protocol/outputs.ts";
import { isTold, type Told } from "./events.ts";
import type { Logger } from "./log.ts";

/** What an operator wants to see; single locks are among the events. */
export function logNotice(logger: Logger, notice: Notice): void {
  if (notice.kind === "dropped") logger.warn(`dropped: ${notice.why}`, { from: notice.from });
  if (isTold(notice)) logTold(logger, notice);
}

function logTold(logger: Logger, notice: Told): void {
  switch (notice.kind) {
    case "decision":
      return logger.warn(`decided to ${notice.what}: ${notice.why}`, { channel: notice.channel });
    case "channelOpen":
      return logger.info("a channel was opened on chain", { channel: notice.channel, peer: notice.peer });
    case "channelUsable":
      return logger.info("a channel is usable", { channel: notice.channel, peer: notice.peer });
    case "channelEnded":
      return logger.info("a channel has ended on chain", { channel: notice.channel, how: notice.how });
    case "channelResized":
      return logger.info("deposits of a channel have changed by agreement", { channel: notice.channel });
    case "withdrawalExpired":
      return logger.warn("a withdrawal was not done in time", { channel: notice.channel });
    case "invoicePaid":
      return logger.info("an invoice was paid", { hash: notice.hash });
    case "invoiceHeld":
      return logger.info("a payment is held for its owner", { hash: notice.hash });
    case "invoiceCancelled":
      return logger.info("an invoice was cancelled", { hash: notice.hash, by: notice.by });
    case "spontaneousReceived":
      return logger.info("a payment came without an invoice", { hash: notice.hash });
    case "paymentSucceeded":
      return logger.info("a payment succeeded", { hash: notice.hash });
    case "paymentFailed":
      return logger.warn(notice.message, { hash: notice.hash, code: notice.code });
    case "directAcknowledged":
    case "directReceived":
    case "invoiceCreated":
    case "lockAdded":
    case "lockLost":
    case "lockWon":
    case "partSent":
    case "paymentRetried":
    case "paymentSent":
    case "secretLearned":
      return;
  }
}
