import type { Account } from "../chain/account.ts";
import type { Contracts } from "../chain/contracts.ts";
import type { HashlaneNode } from "../node/hashlane-node.ts";
import type { Crypto } from "../protocol/crypto.ts";
import type { Visitors } from "../transport/door.ts";
import type { PeerTraffic } from "../transport/socket-transport.ts";
import type { Assets } from "./assets.ts";
import type { Backups } from "./backups.ts";
import type { Capabilities } from "./capabilities.ts";
import type { Config } from "./config.ts";
import type { Places } from "./directory.ts";
import type { EventLog } from "./events.ts";
import type { Journal } from "./journal.ts";
import type { Logger } from "./log.ts";
import type { Recorder } from "./recorder.ts";
import type { Towers } from "./towers/towers.ts";

/** What every service of the daemon works with. */
export interface Parts {
  readonly config: Config;
  readonly places: Places;
  readonly node: HashlaneNode;
  /** With each connected peer. */
  readonly traffic: () => readonly PeerTraffic[];
  /** Connections that came in. */
  readonly visitors: () => Visitors;
  readonly contracts: Contracts;
  /** Of the node's key: brings deposits in and pays for gas. */
  readonly account: Account;
  readonly crypto: Crypto;
  readonly assets: Assets;
  readonly journal: Journal;
  readonly capabilities: Capabilities;
  readonly events: EventLog;
  readonly recorder: Recorder;
  readonly backups: Backups;
  readonly towers: Towers;
  readonly logger: Logger;
}
