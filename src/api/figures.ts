/** A figure of the explorer in words: its name and what exactly it counts. */
interface Definition {
  readonly en: readonly [name: string, meaning: string];
  readonly zh: readonly [name: string, meaning: string];
}

/** The one definition of every figure: src/indexer/figures.ts computes them by it, the page shows it. */
export const FIGURES = {
  nodes: {
    en: ["Nodes", "Signing keys that are an end of at least one open channel. One operator can run many."],
    zh: ["节点", "至少是一个开放通道一端的签名密钥。一个运营者可以运行多个节点。"],
  },
  channels: {
    en: [
      "Open channels",
      "Channels that were opened on chain and whose close has not begun, whether or not their ends are online.",
    ],
    zh: ["开放通道", "已在链上开通且尚未开始关闭的通道，不论两端是否在线。"],
  },
  announced: {
    en: [
      "Announced channels",
      "Open channels of which the node that serves this page has heard at least one end's fees. Unknown where no node does.",
    ],
    zh: ["已公布通道", "本页面所属节点至少收到过一端费率的开放通道。若无节点提供则未知。"],
  },
  closing: {
    en: ["Closing channels", "Channels of which one side has begun a lone close that is not settled yet."],
    zh: ["关闭中的通道", "一方已单独发起关闭、尚未结算完毕的通道。"],
  },
  ended: {
    en: [
      "Ended channels",
      "Lives of channels that are over: by agreement, settled after a lone close, or by a conviction.",
    ],
    zh: ["已结束通道", "已结束的通道：协商关闭、单方关闭后结算，或因作弊被定罪。"],
  },
  capacity: {
    en: [
      "Capacity",
      "Sum of both sides' net deposits of all open channels of an asset: deposits less what was withdrawn. No payment through a channel can be greater than its part.",
    ],
    zh: [
      "容量",
      "某资产所有开放通道双方净存款（存入减取出）之和。任何经过通道的付款都不会超过该通道的容量。",
    ],
  },
  opened: {
    en: [
      "Opened in a day",
      "Openings on chain in a UTC day, by the time of their block; on the first page, in the 24 hours before the newest block.",
    ],
    zh: ["每日开通", "一个 UTC 日内（按区块时间）的链上开通数；首页为最新区块之前 24 小时内。"],
  },
  closed: {
    en: [
      "Ended in a day",
      "Ends of channels of every kind in a UTC day, by the time of their block; on the first page, in the last 24 hours.",
    ],
    zh: ["每日结束", "一个 UTC 日内（按区块时间）以任何方式结束的通道数；首页为最近 24 小时内。"],
  },
  loneCloses: {
    en: [
      "Lone closes",
      "Channels that one side began to close without the other, ever. A close that replaces a humble one is not counted again.",
    ],
    zh: ["单方关闭", "历史上由一方单独发起关闭的通道数。替换谦让关闭的关闭不重复计算。"],
  },
  disputes: {
    en: [
      "Disputes",
      "Lone closes that the other side answered with another state, replaced by a close of its own, or convicted, ever.",
    ],
    zh: ["争议", "历史上被对方以其他状态应答、以自己的关闭替换，或被定罪的单方关闭数。"],
  },
  convictions: {
    en: ["Convictions", "Channels whose closer hid a state that it had signed and lost everything, ever."],
    zh: ["定罪", "历史上因关闭方隐瞒自己签署过的状态而失去全部资金的通道数。"],
  },
  channelCapacity: {
    en: [
      "Capacity of a channel",
      "Percentiles over the open channels of an asset, by nearest rank: half of them have at most the median.",
    ],
    zh: ["单通道容量", "某资产开放通道容量的百分位数（最近秩法）：一半通道不超过中位数。"],
  },
  degree: {
    en: [
      "Channels of a node",
      "Percentiles of the number of open channels of a node, over all nodes, by nearest rank.",
    ],
    zh: ["节点通道数", "所有节点开放通道数的百分位数（最近秩法）。"],
  },
  feePpm: {
    en: [
      "Fee rate",
      "Percentiles of the proportional fee, in millionths, over the ends of open channels that forward and whose fees were heard, by nearest rank.",
    ],
    zh: ["费率", "已知且启用转发的通道端的比例费率（百万分之一）的百分位数（最近秩法）。"],
  },
  growth: {
    en: [
      "Growth",
      "For each UTC day, what holds at its end, by the events of blocks up to then. Blocks that left the chain are not in it.",
    ],
    zh: ["增长", "每个 UTC 日结束时的数值，由截至当时的区块事件得出。已脱离主链的区块不计入。"],
  },
} as const satisfies Record<string, Definition>;

export type FigureName = keyof typeof FIGURES;
