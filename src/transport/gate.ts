/** Somebody who came in. */
export interface Visit {
  /** It is a node: it does not count among the unproven of its address any more. */
  proven(): void;
  /**
   * It says who it is. False: too many others of its address have said so, and stayed; of one that is connected
   * already, its old connection makes room.
   */
  introduced(isConnected: boolean): boolean;
  left(): void;
}

export interface GateLimits {
  /** Connections at one time, proven or not. */
  readonly most: number;
  /** Of those from one address, the ones that have not proven who they are. */
  readonly mostUnproven: number;
  /** Of one address, those that have proven who they are, or are about to. */
  readonly mostOfOne: number;
}

/** Since the start. */
export interface TurnedAway {
  /** Above all that may be there. */
  readonly full: number;
  readonly unproven: number;
  readonly tooManyHere: number;
}

export type Entry =
  | { readonly ok: true; readonly visit: Visit }
  /** `isFirst`: since somebody was let in last; a flood is told of once. */
  | { readonly ok: false; readonly problem: string; readonly isFirst: boolean };

/** Bounds how many may come in at a time, and how many of one address may make us wait. */
export class Gate {
  readonly #limits: GateLimits;
  readonly #unproven = new Map<string, number>();
  readonly #introduced = new Map<string, number>();
  readonly #turnedAway = { full: 0, unproven: 0, tooManyHere: 0 };
  #present = 0;
  #isTold = false;

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  get present(): number {
    return this.#present;
  }

  get turnedAway(): TurnedAway {
    return { ...this.#turnedAway };
  }

  enter(address: string): Entry {
    const { most, mostUnproven } = this.#limits;
    const place = placeOf(address);
    const unproven = this.#unproven.get(place) ?? 0;
    if (this.#present >= most) {
      this.#turnedAway.full++;
      return this.#refuse(`${this.#present} are open, which is the most allowed`);
    }
    if (unproven >= mostUnproven) {
      this.#turnedAway.unproven++;
      return this.#refuse(
        `${unproven} from ${place} have not proven who they are, which is the most allowed`,
      );
    }
    this.#isTold = false;
    this.#present++;
    this.#unproven.set(place, unproven + 1);
    return { ok: true, visit: this.#visit(place) };
  }

  #refuse(why: string): Entry {
    const isFirst = !this.#isTold;
    this.#isTold = true;
    return { ok: false, problem: `a connection was turned away: ${why}`, isFirst };
  }

  #visit(place: string): Visit {
    let isProven = false;
    let isHere = true;
    let isIntroduced = false;
    const proven = (): void => {
      if (isProven) return;
      isProven = true;
      lessOne(this.#unproven, place);
    };
    return {
      proven,
      introduced: (isConnected) => {
        const others = this.#introduced.get(place) ?? 0;
        if (isIntroduced || !isHere) return isHere;
        if (others >= this.#limits.mostOfOne && !isConnected) {
          this.#turnedAway.tooManyHere++;
          return false;
        }
        isIntroduced = true;
        this.#introduced.set(place, others + 1);
        return true;
      },
      left: () => {
        if (!isHere) return;
        isHere = false;
        proven();
        if (isIntroduced) lessOne(this.#introduced, place);
        this.#present--;
      },
    };
  }
}

function lessOne(counts: Map<string, number>, place: string): void {
  const rest = (counts.get(place) ?? 1) - 1;
  if (rest === 0) counts.delete(place);
  else counts.set(place, rest);
}

const IN_IPV6 = "::ffff:";

/** Who has an IPv6 address has the 2^64 around it too. */
function placeOf(address: string): string {
  if (address.startsWith(IN_IPV6) && address.includes(".")) return address.slice(IN_IPV6.length);
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("%", 1)[0]?.split("::") ?? [];
  const words = head === "" ? [] : head.split(":");
  const behind = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: Math.max(0, 8 - words.length - behind.length) }, () => "0");
  return `${[...words, ...zeros, ...behind].slice(0, 4).join(":")}::/64`;
}
