import type { Route } from "./route.ts";

const hex = (bytes: number, about: string) =>
  ({
    type: "text",
    required: true,
    most: 2 + 2 * bytes,
    about: `${about}; 0x and ${2 * bytes} hex digits`,
  }) as const;
const amount = (about: string) =>
  ({ type: "text", required: true, most: 40, about: `${about}, in base units` }) as const;
const count = (about: string, most: number) => ({ type: "number", required: true, most, about }) as const;

const MOST_PERIOD = 2 ** 40 - 1;
const MOST_LIFE = 2 ** 20 - 1;
/** Each is a secret, a colon and a time. */
const MOST_WITNESSES_TEXT = 8192;

/** Both sides' signatures are the authority: whoever has them may bring them. */
const APPOINTMENT = {
  ownerA: hex(20, "of the Params"),
  ownerB: hex(20, "of the Params"),
  signerA: hex(20, "of the Params"),
  signerB: hex(20, "of the Params"),
  token: hex(20, "of the Params"),
  challengePeriod: count("of the Params, seconds", MOST_PERIOD),
  recoveryPeriod: count("of the Params, seconds", MOST_PERIOD),
  salt: { type: "text", required: true, most: 44, about: "of the Params, decimal" },
  life: { ...count("of the channel", MOST_LIFE), least: 1 },
  side: { type: "text", required: true, most: 1, about: "A or B: which side is guarded" },
  seq: { ...count("of the other side's state", Number.MAX_SAFE_INTEGER), least: 1 },
  ack: count("of that state", Number.MAX_SAFE_INTEGER),
  sent: amount("of that state"),
  locksRoot: hex(32, "of that state"),
  signature: hex(64, "Lane, by the other side's signer"),
  reward: amount("for the tower, if the closer is convicted"),
  consent: hex(64, "Answer in favour of this tower, by the guarded side's signer"),
} as const;

const CHALLENGE = hex(32, "that the tower gave; good for one call");

/** The calls of a tower. None needs a token: signatures say who calls. */
export const TOWER_ROUTES = {
  info: {
    method: "GET",
    path: "/v1/info",
    about: "Who this tower is, what it guards and what it asks for.",
    fields: {},
    needs: [],
    answer: "TowerInfo",
  },
  challenge: {
    method: "POST",
    path: "/v1/challenges",
    about: "Gives a number to be signed with the next call, so that no call can be said again by others.",
    fields: {},
    needs: [],
    answer: "TowerChallenge",
  },
  appoint: {
    method: "PUT",
    path: "/v1/appointments",
    about: "Takes the newest state of a lane, in place of the one before, and answers once it is on disk.",
    fields: APPOINTMENT,
    needs: [],
    answer: "TowerReceipt",
  },
  record: {
    method: "GET",
    path: "/v1/appointments/{channel}",
    about: "Gives its client the newest state that the tower holds, after the client lost data.",
    fields: {
      side: { type: "text", required: true, most: 1, about: "A or B: the client's" },
      challenge: CHALLENGE,
      signature: hex(64, "TowerRead, by the client's signer"),
    },
    needs: [],
    answer: "TowerRecord",
  },
  witnesses: {
    method: "PUT",
    path: "/v1/witnesses",
    about: "Takes the client's whole list of witnesses to be recorded in time, in place of the one before.",
    fields: {
      client: hex(20, "signer that the tower guards a channel of"),
      witnesses: {
        type: "text",
        required: true,
        most: MOST_WITNESSES_TEXT,
        about: "SECRET:TIME with commas between, or nothing; to be recorded before TIME, Unix seconds",
      },
      challenge: CHALLENGE,
      signature: hex(64, "TowerWitnesses, by the client's signer"),
    },
    needs: [],
    answer: "TowerReceipt",
  },
  metrics: {
    method: "GET",
    path: "/metrics",
    about: "Figures in the text format of Prometheus; none of a client.",
    fields: {},
    needs: [],
    answer: "text",
  },
  health: {
    method: "GET",
    path: "/healthz",
    about: "200 while the tower runs.",
    fields: {},
    needs: [],
    answer: "Health",
  },
} as const satisfies Record<string, Route>;

export type TowerRoute = keyof typeof TOWER_ROUTES;

export interface TowerInfo {
  readonly version: string;
  /** Address of its key: signs receipts, sends answers and gets rewards. */
  readonly tower: string;
  readonly chain: {
    readonly id: string;
    readonly contract: string;
    /** Newest final block that it has read. */
    readonly block: number;
    readonly time: number;
  };
  /** Least reward for each token that it guards, in base units; null: any token, without a reward. */
  readonly rewards: Readonly<Record<string, string>> | null;
  readonly limits: {
    /** Channels of one client. */
    readonly records: number;
    /** That it records for one client in a day. */
    readonly witnesses: number;
    /** Of one client, in a second, on average. */
    readonly bytesPerSecond: number;
  };
  /** It records a witness so many seconds before its time. */
  readonly recordSeconds: number;
}

export interface TowerChallenge {
  readonly challenge: string;
}

/** `signature`: TowerReceipt, by the tower. */
export interface TowerReceipt {
  readonly taken: string;
  readonly time: number;
  readonly block: number;
  readonly signature: string;
}

/** The newest state of the other side's lane, as the client brought it. */
export interface TowerRecord {
  readonly seq: number;
  readonly ack: number;
  readonly sent: string;
  readonly locksRoot: string;
  readonly signature: string;
  readonly reward: string;
  readonly consent: string;
}

export interface TowerAnswers {
  readonly info: TowerInfo;
  readonly challenge: TowerChallenge;
  readonly appoint: TowerReceipt;
  readonly record: TowerRecord;
  readonly witnesses: TowerReceipt;
  readonly health: { readonly status: "ok" };
}
