/** One exhaustive check of a model. */
export interface ModelCase {
  readonly model: "channel" | "route" | "settle";
  /** Preprocessor definitions. */
  readonly options: string;
  readonly expected: "holds" | "caught";
  /** Takes seconds; the others take up to some minutes. */
  readonly quick: boolean;
}

const holds = (model: ModelCase["model"], options: string, quick = false): ModelCase => ({
  model,
  options,
  expected: "holds",
  quick,
});

const caught = (model: ModelCase["model"], options: string, quick = true): ModelCase => ({
  model,
  options,
  expected: "caught",
  quick,
});

const CHANNEL = "HL=1 ZL=1 NOCRASH";

/** The present text of the protocol, under different bounds. */
const PRESENT: readonly ModelCase[] = [
  holds("channel", "HMAX=2 ZMAX=2 HL=1 ZL=1"),
  holds("channel", "HMAX=3 ZMAX=2 HL=1 ZL=1"),
  holds("channel", "HMAX=3 ZMAX=3 HL=1 ZL=1 NOCRASH"),
  holds("channel", "HMAX=2 ZMAX=3 HL=1 ZL=3 NODIRECT NOCRASH"),
  holds("channel", "HMAX=4 ZMAX=2 HL=3 ZL=0 NODIRECT NOCRASH", true),
  holds("channel", "HMAX=2 ZMAX=4 HL=0 ZL=3 NODIRECT NOCRASH", true),
  holds("channel", "HMAX=2 ZMAX=2 HL=1 ZL=1 HUMBLE"),
  holds("channel", "HMAX=2 ZMAX=2 HL=1 ZL=1 HUMBLE HUMBLE_REPLACED CONVICT_FIRST"),
  holds("channel", "HMAX=3 ZMAX=2 HL=1 ZL=1 NOCRASH HUMBLE"),
  holds("route", "", true),
  holds("route", "P0=1 P1=3", true),
  holds("route", "CT=2 P0=3 P1=3"),
  holds("settle", "LATE=0"),
  holds("settle", "LATE=1 DALO=0"),
  holds("settle", "LATE=1 DALO=-1 DAHI=-1"),
  holds("settle", "LATE=4 DALO=-1 DAHI=0"),
  holds("settle", "LATE=4 DALO=0 DAHI=0"),
  holds("settle", "LATE=4 DALO=1"),
  holds("settle", "HONEST_A LATE=1"),
  holds("settle", "HONEST_A LATE=4"),
  holds("settle", "HONEST_B LATE=1"),
];

/** The text with one rule taken out or turned: what each rule is for. */
const BROKEN: readonly ModelCase[] = [
  caught("channel", `HMAX=2 ZMAX=2 ${CHANNEL} AS_WRITTEN`),
  caught("channel", `HMAX=2 ZMAX=2 ${CHANNEL} NO_ACK_RULE`),
  caught("channel", `HMAX=2 ZMAX=2 ${CHANNEL} NO_SAME_SEQ`),
  caught("channel", `HMAX=3 ZMAX=2 ${CHANNEL} NO_ACK_FALL`),
  caught("channel", `HMAX=3 ZMAX=2 ${CHANNEL} NO_LOWER_BOUND`),
  caught("channel", `HMAX=3 ZMAX=2 ${CHANNEL} NO_LOWER_BOUND NOEXACT`),
  caught("channel", `HMAX=3 ZMAX=2 ${CHANNEL} FAIL_EARLY`),
  caught("channel", `HMAX=2 ZMAX=2 ${CHANNEL} LATE_WITNESS`),
  caught("channel", `HMAX=2 ZMAX=2 ${CHANNEL} LANE2_NONE NOEXACT`),
  caught("channel", `HMAX=2 ZMAX=2 ${CHANNEL} LANE2_NEWEST`),
  caught("channel", "HMAX=2 ZMAX=2 HL=1 ZL=1 WIRE_FIRST"),
  caught("channel", `HMAX=2 ZMAX=3 ${CHANNEL} REPLACE TOWER_LAG`),
  caught("channel", `HMAX=2 ZMAX=2 ${CHANNEL} HUMBLE NO_ANSWER`),
  caught("channel", `HMAX=2 ZMAX=2 ${CHANNEL} HUMBLE HUMBLE_REPLACED`),
  caught("route", "JITTER"),
  caught("route", "LOST_AT_EXPIRY"),
  caught("route", "PAY_NONFINAL"),
  caught("route", "MARGIN=0"),
  caught("route", "FAIL_EARLY"),
  caught("route", "DEAD_AT_HEAD"),
  caught("route", "CONCEDE_EARLY"),
  caught("route", "NO_NODE9"),
  caught("route", "SKIP_IF_SEEN"),
  caught("settle", "LATE=1 UPTO_TOTAL"),
  caught("settle", "LATE=1 FORGET"),
  caught("settle", "LATE=1 OMIT"),
  caught("settle", "HONEST_B LATE=1 UNSHOWN_EMPTY"),
  caught("settle", "HONEST_B LATE=1 LOST_AT_EXPIRY"),
  caught("settle", "HONEST_A LATE=1 ANY_CONCEDES"),
  caught("settle", "HONEST_B LATE=1 ANY_CONCEDES"),
];

export const MODEL_CASES: readonly ModelCase[] = [...PRESENT, ...BROKEN];
