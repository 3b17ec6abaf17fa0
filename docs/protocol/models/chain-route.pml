/* A - B - C, one chain lock of K units, ONE expiry E at both hops, one registry: a stream.
 * B is honest; A and C are Byzantine and collude (A made the chain: both know every index).
 * Lane A->B carries the lock upstream, lane B->C downstream; the opposite lanes carry acks only.
 * A lane state: the index cashed in so far (in `sent`) and whether the rest still stands.
 *
 * Time t counts in ticks, fin is the time of the final block, one or two ticks behind.  rt[i]: when an index of at
 * least i was first recorded; a record younger than fin may be reorged away or into an earlier block.
 * A closed channel is decided by the registry alone (chain-lock.pml): in the end the lock has paid the greatest
 * index recorded before the expiry.
 *
 * Checked on every path:  what was paid to C  <=  what A paid.
 */
#ifndef CT
#define CT 1              /* claimTime: covers inclusion, and again after a reorg */
#endif
#define K 2
#define MAX 4             /* states per lane: the lock, each index, the rest removed */
#define E  (1+3*CT)
#ifdef JITTER
#define EU (E-1)          /* the upstream lock expires earlier */
#else
#define EU E
#endif
#define TC (E+2)          /* last tick at which a channel closes */
#define max(a,b) ((a) > (b) -> (a) : (b))
#define pick(v,l,h) v = l; do :: v < h -> v++ :: break od

byte t = 1, fin;
byte rt[3];
byte ac[5], bc[5];            /* cashed in, in that state of lane A, B */
bool al[5], bl[5];            /* the rest stands */
byte an, bn, bd;              /* A's newest (B has it); B's newest signed, delivered */
byte ca;                      /* C's ack of lane B that B holds */
byte rm;                      /* seq at which B removed the failed rest */
byte know, owed;              /* greatest index that B knows, that it records in time */
bool forwarded, csaidfail, bfailed, closed0, closed1, out1l, conv;
byte out1c, i, k, o;

#define in(i,e) (rt[i] > 0 && rt[i] < (e))
#define index(e) (in(1,e) + in(2,e))
#define finin(i,e) (in(i,e) && rt[i] <= fin)
#ifdef LATE_PAYS              /* downstream a checkpoint recorded at the expiry still pays */
#define DOWN index(E+1)
#else
#ifdef ABOVE                  /* downstream a settle claims one index more than the checkpoint proves */
#define DOWN (index(E) < K && index(E) > 0 -> index(E) + 1 : index(E))
#else
#define DOWN index(E)
#endif
#endif
#define sure(e) (finin(1,e) + finin(2,e))
#ifdef DEAD_AT_HEAD           /* [NODE-4] judged by the newest block, not the final one */
#define NOW (t)
#else
#define NOW (fin)
#endif
#ifdef REMOVE_UNPAID          /* a dead rest may be removed before what is recorded in time is paid */
#define deadU (NOW >= EU)
#else
#define deadU (NOW >= EU && ac[an] >= index(EU))
#endif
#define deadD (NOW >= E && bc[bn] >= index(E))
#ifdef FAIL_EARLY
#define REMOVED (rm > 0)
#else
#define REMOVED (rm > 0 && ca >= rm)
#endif
#ifdef PAY_NONFINAL
#define SURE(i) in(i,E)
#else
#define SURE(i) finin(i,E)
#endif
#ifndef MARGIN
#define MARGIN (2*CT)         /* [HOP-2] */
#endif
#ifdef FAIL_SHORT             /* B fails the rest upstream, although it paid more downstream */
#define even true
#else
#define even (ac[an] >= max(bc[bn], index(EU)) && (!closed1 || ac[an] >= out1c))
#endif
#ifdef SKIP_IF_SEEN           /* B sees some checkpoint and sends none of its own */
#define mustrec (t == EU-CT && know > ac[an] && al[an] && !rt[1])
#else
#define mustrec (t == EU-CT && know > ac[an] && al[an])
#endif
#define due (mustrec -> know : owed)
/* B's record is in before E; it closes in the end; finality is at most two ticks behind */
#define tickable (t < TC && fin + 1 >= t && !(t == EU-1 && due && !rt[due]) && !(t == TC-1 && !(closed0 && closed1)))

inline record(i, at) {        /* index i at that time; a lower one is no news */
  k = 1; do :: k <= i -> if :: rt[k] == 0 || rt[k] > at -> rt[k] = at :: else -> skip fi; k++ :: else -> break od; k = 0 }

active proctype route() {
  do
  /* ---- channel 0 off chain: what B accepts from A ---- */
  :: atomic { !closed0 && an == 0 && t < EU -> an = 1; al[1] = 1 }
  :: atomic { !closed0 && an > 0 && an < MAX && al[an] && ac[an] < K ->
       pick(i, ac[an]+1, K); an++; ac[an] = i; al[an] = (i < K); i = 0 }
  :: atomic { !closed0 && an > 0 && an < MAX && al[an] && (bfailed || deadU) -> an++; ac[an] = ac[an-1] }
  /* ---- channel 1 off chain ---- */
  :: atomic { !closed1 && !closed0 && !forwarded && an > 0 && al[an] && ac[an] == 0 && !bfailed && t < E ->
       forwarded = 1; bn = 1; bl[1] = 1 }
  :: atomic { !closed1 && bn > 0 && bn < MAX && bl[bn] && bc[bn] < know ->
       pick(i, bc[bn]+1, know);
       if :: ac[an] >= i || SURE(i) || (t + MARGIN <= E && NOW < E) -> skip fi;
       bn++; bc[bn] = i; bl[bn] = (i < K); i = 0 }
  :: atomic { !closed1 && bn > 0 && bn < MAX && bl[bn] && (csaidfail || deadD) ->
       bn++; bc[bn] = bc[bn-1]; rm = bn }
  :: atomic { !closed1 && bd < bn -> bd++ }
  :: atomic { !closed1 && ca < bd -> ca++ }                     /* C acks */
  :: atomic { !closed1 && forwarded && !csaidfail -> csaidfail = 1 }
  :: atomic { forwarded && know < K -> pick(i, know+1, K); know = i; i = 0 }    /* C cashes in, at any time */
  /* ---- B fails the rest upstream ---- */
  :: atomic { an > 0 && !bfailed && even &&
              (!forwarded || REMOVED || deadD || (closed1 && !out1l)) ->
       bfailed = 1 }
  /* ---- chain: records, reorgs, finality, time ---- */
  :: atomic { an > 0 && !rt[1] -> record(1, t) }                /* anybody, at any time */
  :: atomic { an > 0 && !rt[2] -> record(2, t) }
  :: atomic { know < index(255) -> know = index(255) }
  :: atomic { rt[2] > fin && !(owed == 2 && t >= EU) -> rt[2] = 0 }            /* reorged away */
  :: atomic { rt[1] > fin && rt[1] != rt[2] && !(owed && t >= EU) -> rt[1] = rt[2] }
  :: atomic { an > 0 && fin + 1 < t && (!rt[1] || rt[1] > fin + 1) -> record(1, fin+1) }   /* into an earlier block */
  :: atomic { an > 0 && fin + 1 < t && (!rt[2] || rt[2] > fin + 1) -> record(2, fin+1) }
  :: atomic { fin + 1 < t -> fin = t - 1 }
  :: atomic { tickable ->                                       /* a tick; B is timely, see there */
       if :: mustrec -> owed = know :: else -> skip fi; t++ }
  /* ---- channel 1 closes ---- */
  :: atomic { !closed1 -> closed1 = 1;
       if
       :: k = bn; i = bn;                                       /* B, with its newest; C answers k >= its ack or not */
          if :: skip :: pick(k, ca, bd) fi
       :: if :: o = ca :: pick(o, 0, ca) fi;                    /* C, with ack o and B's state k >= o; o < ca: old or invented */
          if :: o < ca -> conv = 1 :: else -> skip fi;          /* B shows C's newest: convicted */
          pick(k, o, bd); i = k
       fi;
       if :: conv -> skip
          :: else -> out1c = max(bc[i], bc[k]); out1l = bl[i] || bl[k] fi;
       k = 0; o = 0; i = 0; conv = 0 }
  /* ---- channel 0 closes: A's old or invented states convict it or count at least al[an] ---- */
  :: atomic { !closed0 -> closed0 = 1 }
  /* ---- end ---- */
  :: atomic { t == TC ->
       i = (out1l -> max(out1c, DOWN) : out1c);
       k = (al[an] -> max(ac[an], index(EU)) : ac[an]);
       assert(i <= k);
#ifdef REACH_PAID
       assert(!(i == K && k == K && ac[an] == 0 && rt[1] == E-2 && rt[2] == E-1 && bl[bn] && bc[bn] == 1));
#endif
       d_step { k = 0; do :: k < 5 -> ac[k] = 0; al[k] = 0; bc[k] = 0; bl[k] = 0; k++ :: else -> break od;
       t=0; fin=0; rt[1]=0; rt[2]=0; an=0; bn=0; bd=0; ca=0; rm=0; know=0; owed=0; forwarded=0; csaidfail=0; bfailed=0;
       closed0=0; closed1=0; out1l=0; out1c=0; i=0; k=0; o=0; conv=0 };
       break }
  od
}
